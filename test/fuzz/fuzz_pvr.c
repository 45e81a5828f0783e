/*
 * What a registrar reads of files beside its private keys, which strangers may have
 * written: requests of pledges, certificates and chains, an audit log; and what it shows
 * of them. The input is an octet of switches, then those files (given.h): `request`, which
 * may be a voucher, and `pledge` with its certificate, `agents`, `anchor`; `log`, `own` and
 * `chain`.
 *
 * A request that is taken is taken in each form that people hand around, and with
 * everything that it does not need left out; OpenSSL verifies its signature. Certificates
 * are written and read again. What is shown is text and no more, whatever was read.
 */
#include <openssl/ecdsa.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "envelope/pem.h"
#include "foreign.h"
#include "forget.h"
#include "fuzz.h"
#include "given.h"
#include "inside.h"
#include "registrar/pvr.h"
#include "right.h"
#include "wire/json.h"

#define EASY  1 /* signatures_easy */
#define RIGHT 2 /* the messageDigest of CMS is put right */

#define LATER 4 /* 2040, not the day of the published example */

static const char *const days[] = { "2021-04-14T00:00:00Z",
	"2040-01-01T00:00:00Z" };

/* --- what was accepted, and shown --- */

enum {
	A_FORMAT,
	AS_PEM = A_FORMAT + FORMAT_COSE_CBOR + 1,
	AS_BASE64,
	EASILY,
	AN_AGENT,
	BLOCKS,
	ONE_OF_DER,
	A_REQUEST,
	A_REQUEST_WITHIN,
	A_VOUCHER,
	A_LOG,
	AN_ANCHOR,
	A_KEY_ALONE,
	VERIFIED,
	OBEYED,
	MET
};
static bool met[MET];

const char *
corpus_lacks(void)
{
	static const char *const names[MET] = { NULL, "CMS", "JWS", "COSE",
		"a request in PEM", "one in base64",
		"one with an easy signature", "an agent's part",
		"certificates in PEM", "one in DER", "a request that is shown",
		"the pledge's request in another", "a voucher that is shown",
		"an audit log that is shown" };

	return first_unmet(met, names, MET);
}

/* Something is there that is refused, as all may be where memory is short. */
static bool refused;

/* --- certificates --- */

static void
openssl_reads(const struct certificate *c)
{
	const unsigned char *at = c->der.ptr;
	X509 *x = d2i_X509(NULL, &at, (long)c->der.len);
	unsigned char *spki = NULL;
	int len;

	require(x != NULL && at == c->der.ptr + c->der.len);
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	require(len > 0 && span_eq(c->spki, span_of(spki, (size_t)len)));
	OPENSSL_free(spki);
	X509_free(x);
}

static void
certificates_again(const char *name, const struct certificate_file *f)
{
	struct given *g = given_find(name), before = *g;
	struct certificate_file again;
	struct buf text;
	unsigned i;

	buf_init(&text, FILE_MAX);
	for (i = 0; i < f->len; i++) {
		openssl_reads(&f->list[i]);
		require(pem_write(&text, "CERTIFICATE", f->list[i].der));
	}
	g->bytes = buf_span(&text);
	require(certificates_load(&again, name, NULL) == REASON_OK);
	require(again.len == f->len);
	for (i = 0; i < f->len; i++)
		require(span_eq(again.list[i].der, f->list[i].der));
	certificates_free(&again);
	*g = before;
	if (g->bytes.ptr[0] == 0x30) {
		g->bytes.len--;
		require(certificates_load(&again, name, NULL) != REASON_OK);
		certificates_free(&again);
	}
	*g = before;
	buf_free(&text);
}

/* *f is empty if the file is refused, or not there. */
static uint64_t
certificates_read(struct certificate_file *f, const char *name, uint64_t digest)
{
	struct given *g = given_find(name);
	struct why why;
	unsigned i;

	memset(f, 0, sizeof(*f));
	if (g == NULL)
		return digest;
	why_clear(&why);
	if (certificates_load(f, name, &why) != REASON_OK) {
		require(why.text[0] != '\0');
		certificates_free(f);
		refused = true;
		return digest;
	}
	require(f->len >= 1 && f->len <= PATH_POOL_MAX);
	met[g->bytes.ptr[0] == 0x30 ? ONE_OF_DER : BLOCKS] = true;
	for (i = 0; i < f->len; i++)
		digest =
		    digest_add(digest, f->list[i].der.ptr, f->list[i].der.len);
	if (oracle_begin()) {
		certificates_again(name, f);
		oracle_end();
	}
	return digest;
}

static uint64_t
anchor_read(uint64_t digest)
{
	static uint8_t room[FILE_MAX];
	const struct given *g = given_find("anchor");
	const unsigned char *at;
	struct span spki;
	EVP_PKEY *key;
	struct why why;

	if (g == NULL)
		return digest;
	why_clear(&why);
	if (anchor_load(room, &spki, "anchor", &why) != REASON_OK) {
		require(why.text[0] != '\0');
		refused = true;
		return digest;
	}
	met[spki.ptr == room ? A_KEY_ALONE : AN_ANCHOR] = true;
	if (oracle_begin()) {
		at = spki.ptr;
		key = d2i_PUBKEY(NULL, &at, (long)spki.len);
		require(key != NULL && at == spki.ptr + spki.len);
		EVP_PKEY_free(key);
		oracle_end();
	}
	return digest_add(digest, spki.ptr, spki.len);
}

/* --- a pledge's request --- */

/* r and s side by side, as JWS and COSE have them. */
static void
openssl_verifies_object(const struct pvr *p)
{
	const struct signed_object *o = &p->envelope.object;
	const unsigned char *from = p->signer->spki.ptr;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &from, (long)p->signer->spki.len);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	ECDSA_SIG *signature = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int half = (int)o->signature.len / 2, len;

	require(key != NULL && context != NULL && signature != NULL);
	if (o->algorithm.kind == SIGNATURE_ECDSA) {
		require(
		    ECDSA_SIG_set0(signature,
			BN_bin2bn(o->signature.ptr, half, NULL),
			BN_bin2bn(o->signature.ptr + half, half, NULL)) == 1);
		len = i2d_ECDSA_SIG(signature, &der);
		require(len > 0 &&
		    EVP_DigestVerifyInit(context, NULL,
			o->algorithm.hash == HASH_SHA384       ? EVP_sha384()
			    : o->algorithm.hash == HASH_SHA512 ? EVP_sha512()
							       : EVP_sha256(),
			NULL, key) == 1);
		require(EVP_DigestVerify(context, der, (size_t)len,
			    o->covered.ptr, o->covered.len) == 1);
	}
	OPENSSL_free(der);
	ECDSA_SIG_free(signature);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
}

/* With the file like this. */
static enum reason
load_as(struct span bytes, const struct certificate_file *pledge, struct pvr *p)
{
	struct given *g = given_find("request");
	struct span before = g->bytes;
	enum reason r;

	g->bytes = bytes;
	r = pvr_load(p, "request", pledge, NULL);
	g->bytes = before;
	return r;
}

static void
same_as(const struct pvr *p, struct span bytes,
    const struct certificate_file *pledge)
{
	static struct pvr again;

	require(load_as(bytes, pledge, &again) == REASON_OK);
	require(span_eq(buf_span(&again.bytes), buf_span(&p->bytes)));
	require(strcmp(again.request.serial, p->request.serial) == 0);
	require(strcmp(again.request.nonce, p->request.nonce) == 0);
	require(again.request.assertion == p->request.assertion);
	require(span_eq(again.signer->der, p->signer->der));
	pvr_free(&again);
}

/* White space behind the end of a JWS is no part of it. */
static struct span
shorter(struct span bytes)
{
	while (bytes.ptr[0] == '{' && bytes.ptr[bytes.len - 1] <= ' ')
		bytes.len--;
	return span_of(bytes.ptr, bytes.len - 1);
}

static void
other_forms(const struct pvr *p, const struct certificate_file *pledge)
{
	struct span bytes = buf_span(&p->bytes);
	static struct pvr cut;
	struct buf text;
	char *base64;

	buf_init(&text, BODY_MAX);
	if (pem_write(&text, "CMS", bytes))
		same_as(p, buf_span(&text), pledge);
	buf_free(&text);
	base64 = malloc(BASE64_SIZE(bytes.len));
	require(base64 != NULL);
	base64_encode(base64, bytes);
	if (strlen(base64) <= BODY_MAX)
		same_as(p, span_str(base64), pledge);
	free(base64);
	require(load_as(shorter(bytes), pledge, &cut) != REASON_OK);
	pvr_free(&cut);
	if (p->envelope.certificates_len > 0)
		same_as(p, bytes, NULL);
}

static void
signer_holds(const struct pvr *p, const struct certificate_file *pledge)
{
	const struct envelope *e = &p->envelope;

	require(e->certificates_len == 0 ? p->signer == &pledge->list[0]
					 : p->signer >= e->certificates &&
		    p->signer < e->certificates + e->certificates_len);
	if (signatures_easy)
		return;
	if (e->format == FORMAT_CMS_JSON)
		require(
		    openssl_verifies_cms(buf_span(&p->bytes), p->signer->der,
			p->envelope.cms.attributed) == p->bytes.len);
	else
		openssl_verifies_object(p);
}

/* What an agent signed for it: what is good by the first of some certificates is well
 * formed and for this serial. */
static uint64_t
agent_read(
    const struct pvr *p, const struct certificate_file *agents, uint64_t digest)
{
	static const struct certificate_file none;
	struct why why;

	why_clear(&why);
	if (pvr_agent_check(p, agents, &why) != REASON_OK) {
		refused = true;
		return digest;
	}
	if (oracle_begin()) {
		require(pvr_agent_check(p, &none, NULL) == REASON_OK);
		oracle_end();
	}
	if (p->request.assertion != ASSERTION_AGENT_PROXIMITY ||
	    agents->len == 0)
		return digest;
	met[AN_AGENT] = true;
	return digest_add(digest, "agent", 5);
}

static uint64_t
request_read(const struct certificate_file *pledge,
    const struct certificate_file *agents, uint64_t digest)
{
	const struct given *g = given_find("request");
	static struct pvr p;
	struct why why;

	if (g == NULL)
		return digest;
	why_clear(&why);
	if (pvr_load(&p, "request", pledge, &why) == REASON_OK) {
		require(p.request.serial[0] != '\0');
		require(text_printable(span_str(p.request.serial)));
		met[A_FORMAT + p.envelope.format] = true;
		met[EASILY] |= signatures_easy;
		met[AS_PEM] |= g->bytes.ptr[0] == '-';
		met[AS_BASE64] |=
		    g->bytes.ptr[0] != '-' && g->bytes.len > p.bytes.len;
		digest = digest_add(digest, p.request.serial, SERIAL_MAX);
		digest =
		    digest_add(digest, p.signer->der.ptr, p.signer->der.len);
		digest = agent_read(&p, agents, digest);
		if (oracle_begin()) {
			signer_holds(&p, pledge);
			other_forms(&p, pledge);
			oracle_end();
		}
	} else {
		refused = true;
	}
	pvr_free(&p);
	return digest;
}

/* --- what is shown --- */

/* Names of a subject and the like are ASCII by then; a text of JSON is UTF-8. */
static void
check_tame(struct span shown, bool json)
{
	size_t i;

	for (i = 0; i < shown.len; i++) {
		require(shown.ptr[i] == '\n' ||
		    (shown.ptr[i] >= ' ' && shown.ptr[i] != 0x7f));
		require(shown.ptr[i] < 0x80 || json);
		require(shown.ptr[i] != 0xc2 || i + 1 == shown.len ||
		    shown.ptr[i + 1] >= 0xa0);
	}
}

/* A verb, with both of its streams; *shown is freed by the caller. */
static bool
run(enum exit_code (*verb)(int, char **), const char *const *words, bool json,
    struct span *shown)
{
	FILE *out = stdout, *err = stderr, *both;
	char *argv[16] = { (char *)"hallmark" }, *text = NULL;
	enum exit_code code;
	size_t size = 0;
	int argc = 1;

	for (; *words != NULL; words++)
		argv[argc++] = (char *)*words;
	if (json)
		argv[argc++] = (char *)"--json";
	both = open_memstream(&text, &size);
	require(both != NULL);
	stdout = stderr = both;
	refuse_as(argv[1], argv[2]);
	code = verb(argc, argv);
	stdout = out;
	stderr = err;
	fclose(both);
	*shown = span_of(text, size);
	check_tame(*shown, json);
	require(size > 0 && (code == EXIT_DONE || code == EXIT_REFUSED));
	return code == EXIT_DONE;
}

static bool
has(struct span text, const char *words)
{
	return memmem(text.ptr, text.len, words, strlen(words)) != NULL;
}

/* As text and as JSON; one is shown where the other is. */
static bool
show(enum exit_code (*verb)(int, char **), const char *const *words,
    struct span *text)
{
	struct json_value root;
	struct span json;
	bool done = run(verb, words, false, text);

	require(run(verb, words, true, &json) == done);
	if (done) {
		require(json.ptr[json.len - 1] == '\n');
		json.len--;
		require(json_parse(json, &root, NULL) == WIRE_OK);
		require(root.type == JSON_OBJECT);
	}
	free((void *)json.ptr);
	return done;
}

static void
all_shown(const char *day)
{
	static const char *const object[] = { "voucher", "show", "request",
		"--legacy-est-domain", NULL };
	static const char *const log[] = { "registrar", "judge", "log",
		"--certificate", "own", NULL };
	static const char *const chained[] = { "registrar", "judge", "log",
		"--certificate", "own", "--chain", "chain", NULL };
	const char *const verified[] = { "voucher", "verify", "request",
		"--anchor", "anchor", "--time", day, NULL };
	const char *const obeyed[] = { "pledge", "verify", "--voucher",
		"request", "--anchor", "anchor", "--certificate", "pledge",
		"--time", day, NULL };
	struct span text;

	if (given_find("request") != NULL && given_find("anchor") != NULL) {
		met[VERIFIED] |= show(voucher_verify, verified, &text);
		free((void *)text.ptr);
		met[OBEYED] |= show(pledge_verify, obeyed, &text);
		free((void *)text.ptr);
	}
	if (given_find("request") != NULL) {
		if (show(voucher_show, object, &text)) {
			met[has(text, "voucher-request") ? A_REQUEST
							 : A_VOUCHER] = true;
			met[A_REQUEST_WITHIN] |= has(text, "\nprior-signed-");
		}
		free((void *)text.ptr);
	}
	if (given_find("log") != NULL) {
		met[A_LOG] |= show(registrar_judge,
		    given_find("chain") == NULL ? log : chained, &text);
		free((void *)text.ptr);
	}
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static struct certificate_file pledge, agents, own;
	uint64_t digest = ACCEPTED;
	uint8_t *all;

	if (len == 0)
		return 0;
	all = malloc(len);
	require(all != NULL);
	memcpy(all, bytes, len);
	given_read(span_of(all + 1, len - 1));
	if ((bytes[0] & RIGHT) != 0 && given_find("request") != NULL)
		digest_put_right((uint8_t *)given_find("request")->bytes.ptr,
		    given_find("request")->bytes.len);
	signatures_easy = (bytes[0] & EASY) != 0;
	refused = false;
	digest = certificates_read(&pledge, "pledge", digest);
	digest = certificates_read(&agents, "agents", digest);
	digest = certificates_read(&own, "own", digest);
	digest = anchor_read(digest);
	digest = request_read(&pledge, &agents, digest);
	if (oracle_begin()) {
		all_shown(days[(bytes[0] & LATER) != 0]);
		oracle_end();
	}
	certificates_free(&pledge);
	certificates_free(&agents);
	certificates_free(&own);
	free(all);
	return refused || digest == ACCEPTED ? 0 : digest;
}

#ifdef MUTATE
size_t
LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t cap, unsigned seed)
{
	return seed % 4 > 1 || len == 0 || !inside_change(bytes, len, seed)
	    ? LLVMFuzzerMutate(bytes, len, cap)
	    : len;
}
#endif
