/* Certificates, payloads and tables of the checker's tests, see world.h. */
#include "world.h"

#include "base/text.h"
#include "wire/cbor.h"
#include "wire/json.h"

#define ROOM	   65536
#define AGENT_KEYS "critical,digitalSignature"

struct world w;
struct workspace room;

/* --- certificates --- */

#define EXT_CA(constraints, usage)                                          \
	{                                                                   \
		{ "basicConstraints", constraints }, { "keyUsage", usage }, \
		{                                                           \
			"subjectKeyIdentifier", "hash"                      \
		}                                                           \
	}
#define EXT_LEAF(purpose)                                    \
	{                                                    \
		{ "keyUsage", "critical,digitalSignature" }, \
		    { "extendedKeyUsage", purpose },         \
		{                                            \
			"authorityKeyIdentifier", "keyid"    \
		}                                            \
	}
#define EXT_MORE(name, value)                                \
	{                                                    \
		{ "keyUsage", "critical,digitalSignature" }, \
		    { "extendedKeyUsage", CMC_RA },          \
		    { "authorityKeyIdentifier", "keyid" },   \
		{                                            \
			name, value                          \
		}                                            \
	}
#define CMC_RA "1.3.6.1.5.5.7.3.28"
#define USUAL  "serverAuth,clientAuth," CMC_RA
#define IS_CA  EXT_CA("critical,CA:TRUE", "critical,keyCertSign")
#define IS_RA  EXT_LEAF(USUAL)
/* Ten exclusions, of 1,200 octets. */
#define LONG                                                        \
	",excluded;DNS:a-name-of-a-hundred-characters-that-no-sign" \
	"er-of.a-request-has-and-that-takes-room-in-this-certificate.test"
#define NARROW                                                                 \
	{                                                                      \
		{ "basicConstraints", "critical,CA:TRUE" },                    \
		    { "subjectKeyIdentifier", "hash" },                        \
		{                                                              \
			"nameConstraints",                                     \
			    "critical" LONG LONG LONG LONG LONG LONG LONG LONG \
				LONG LONG                                      \
		}                                                              \
	}
#define IS_IDEVID                                               \
	{                                                       \
		{ "authorityKeyIdentifier", "keyid" },          \
		{                                               \
			"keyUsage", "critical,digitalSignature" \
		}                                               \
	}
#define IS_AGENT                                                \
	{                                                       \
		{ "subjectKeyIdentifier", "hash" },             \
		    { "authorityKeyIdentifier", "keyid" },      \
		{                                               \
			"keyUsage", "critical,digitalSignature" \
		}                                               \
	}
#define OF_PUBLIC                                            \
	{                                                    \
		{ "certificatePolicies", "2.23.140.1.2.2" }, \
		    { "subjectKeyIdentifier", "hash" },      \
		{                                            \
			"authorityKeyIdentifier", "keyid"    \
		}                                            \
	}

static const struct plan {
	const char *name;
	enum who issuer; /* NOBODY: self-signed */
	enum who key_of;
	const char *key; /* curve, "RSA", "ED25519"; NULL = P-256 */
	const char *serial, *second;
	int serial_type;
	const char *from, *until;
	struct {
		const char *name, *value;
	} extensions[RECIPE_EXTENSIONS];
} plans[WHO_COUNT] = {
	[ROOT] = { "root", .extensions = IS_CA },
	[ROOT_ALIKE] = { "root", .extensions = IS_CA },
	[SUB] = { "sub", ROOT, .extensions = IS_CA },
	[REGISTRAR] = { "registrar", SUB, .extensions = IS_RA },
	[REGISTRAR_AGAIN] = { "again", SUB, REGISTRAR, .extensions = IS_RA },
	[REGISTRAR_OLD] = { "registrar", SUB, REGISTRAR,
	    .until = "20250615150639Z", .extensions = IS_RA },
	[REGISTRAR_TLS] = { "registrar", SUB, REGISTRAR,
	    .extensions = EXT_LEAF("serverAuth,clientAuth") },
	[REGISTRAR_SELF] = { "self",
	    .extensions = { { "extendedKeyUsage", CMC_RA } } },
	[REGISTRAR_P384] = { "r384", SUB, .key = "P-384", .extensions = IS_RA },
	[REGISTRAR_P521] = { "r521", SUB, .key = "P-521", .extensions = IS_RA },
	[SLOW_1] = { "slow 1", .key = "P-384", .extensions = NARROW },
	[SLOW_2] = { "slow 2", SLOW_1, .key = "P-384", .extensions = IS_CA },
	[SLOW_3] = { "slow 3", SLOW_2, .key = "P-384", .extensions = IS_CA },
	[SLOW_4] = { "slow 4", SLOW_3, .key = "P-384", .extensions = IS_CA },
	[SLOW_5] = { "slow 5", SLOW_4, .key = "P-384", .extensions = IS_CA },
	[SLOW_6] = { "slow 6", SLOW_5, .key = "P-384", .extensions = IS_RA },
	[REGISTRAR_RSA] = { "rsa", SUB, .key = "RSA", .extensions = IS_RA },
	[REGISTRAR_ED25519] = { "ed", SUB, .key = "ED25519",
	    .extensions = IS_RA },
	[NO_PURPOSE] = { "no purpose", SUB,
	    .extensions = { { "authorityKeyIdentifier", "keyid" } } },
	[ANY_PURPOSE] = { "any", SUB,
	    .extensions = EXT_LEAF("anyExtendedKeyUsage") },
	[SERVER_PURPOSE] = { "server", SUB,
	    .extensions = EXT_LEAF("serverAuth,clientAuth") },
	[EXPIRED] = { "expired", SUB, .until = "20250615150639Z",
	    .extensions = IS_RA },
	[EARLY] = { "early", SUB, .from = "20250615150641Z",
	    .extensions = IS_RA },
	[NO_SIGNING] = { "no signing", SUB,
	    .extensions = { { "keyUsage", "critical,keyEncipherment" },
		{ "extendedKeyUsage", USUAL } } },
	[CRITICAL] = { "critical", SUB,
	    .extensions = EXT_MORE("1.2.3.4", "critical,DER:0500") },
	[WITH_CRL] = { "crl", SUB,
	    .extensions =
		EXT_MORE("crlDistributionPoints", "URI:http://crl.example/") },
	[WITH_OCSP] = { "ocsp", SUB,
	    .extensions = EXT_MORE(
		"authorityInfoAccess", "OCSP;URI:http://ocsp.example/") },
	[WITH_ISSUERS] = { "issuers", SUB,
	    .extensions = EXT_MORE(
		"authorityInfoAccess", "caIssuers;URI:http://ca.example/") },
	[CA_NO_CA] = { "no ca", ROOT,
	    .extensions = EXT_CA("critical,CA:FALSE", "keyCertSign") },
	[BELOW_NO_CA] = { "below no ca", CA_NO_CA, .extensions = IS_RA },
	[CA_EXPIRED] = { "ca expired", ROOT, .until = "20250615150639Z",
	    .extensions = IS_CA },
	[BELOW_EXPIRED] = { "below expired", CA_EXPIRED, .extensions = IS_RA },
	[CA_NO_SIGNING] = { "ca no signing", ROOT,
	    .extensions = EXT_CA("critical,CA:TRUE", "cRLSign") },
	[BELOW_NO_SIGNING] = { "below no signing", CA_NO_SIGNING,
	    .extensions = IS_RA },
	[CA_SHORT] = { "short",
	    .extensions = EXT_CA("critical,CA:TRUE,pathlen:0", "keyCertSign") },
	[CA_TOO_DEEP] = { "too deep", CA_SHORT, .extensions = IS_CA },
	[BELOW_TOO_DEEP] = { "below too deep", CA_TOO_DEEP,
	    .extensions = IS_RA },
	[TWIN] = { "twin", ROOT,
	    .extensions = { { "basicConstraints", "critical,CA:TRUE" },
		{ "subjectKeyIdentifier", "01020304" } } },
	[TWIN_OTHER] = { "twin", ROOT,
	    .extensions = { { "basicConstraints", "critical,CA:TRUE" },
		{ "subjectKeyIdentifier", "01020304" } } },
	[STRANGER_ROOT] = { "stranger root", .extensions = IS_CA },
	[STRANGER] = { "stranger", STRANGER_ROOT, .extensions = IS_RA },
	[STRANGER_TOO] = { "stranger too", STRANGER_ROOT, .extensions = IS_RA },
	[STRANGER_CROSS] = { "stranger root", ROOT, STRANGER_ROOT,
	    .extensions = IS_CA },
	[VENDOR] = { "vendor", .extensions = IS_CA },
	[DEVICE] = { "device", VENDOR, .serial = SERIAL,
	    .extensions = IS_IDEVID },
	[DEVICE_OTHER] = { "device", VENDOR, .serial = "JADA-0078",
	    .extensions = IS_IDEVID },
	[DEVICE_FALSE] = { "device", STRANGER_ROOT, .serial = SERIAL,
	    .extensions = IS_IDEVID },
	[DEVICE_UTF8] = { "device", VENDOR, .serial = SERIAL,
	    .serial_type = V_ASN1_UTF8STRING, .extensions = IS_IDEVID },
	[DEVICE_TELETEX] = { "device", VENDOR, .serial = SERIAL,
	    .serial_type = V_ASN1_T61STRING, .extensions = IS_IDEVID },
	[DEVICE_SERIALLESS] = { "device", VENDOR, .extensions = IS_IDEVID },
	[DEVICE_TWICE] = { "device", VENDOR, .serial = SERIAL, .second = SERIAL,
	    .extensions = IS_IDEVID },
	[DEVICE_EXPIRED] = { "device", VENDOR, .serial = SERIAL,
	    .until = "20240601000000Z", .extensions = IS_IDEVID },
	[DEVICE_P384] = { "device", VENDOR, .key = "P-384", .serial = SERIAL,
	    .extensions = IS_IDEVID },
	[DEVICE_REGISTRAR] = { "device", VENDOR, .serial = SERIAL,
	    .extensions = IS_RA },
	[LABORATORY] = { "laboratory", VENDOR, .extensions = IS_RA },
	[NEIGHBOUR] = { "neighbour", ROOT, .extensions = IS_RA },
	[NEIGHBOUR_EXPIRED] = { "neighbour", ROOT, .until = "20250615150639Z",
	    .extensions = IS_RA },
	[AGENT] = { "agent", ROOT, .extensions = IS_AGENT },
	[AGENT_EXPIRED] = { "agent", ROOT, .until = "20250615150000Z",
	    .extensions = IS_AGENT },
	[AGENT_FUTURE] = { "agent", ROOT, .from = "20250615150630Z",
	    .extensions = IS_AGENT },
	[AGENT_STRANGER] = { "agent", STRANGER_ROOT, .extensions = IS_AGENT },
	[AGENT_NAMELESS] = { "agent", ROOT, .extensions = IS_IDEVID },
	[AGENT_OF_VENDOR] = { "agent", VENDOR, .extensions = IS_AGENT },
	[PUBLIC_NEIGHBOUR] = { "public", ROOT, .extensions = OF_PUBLIC },
	[PUBLIC_REGISTRAR] = { "public registrar", ROOT,
	    .extensions = EXT_MORE("certificatePolicies", "2.23.140.1.2.2") },
	[PUBLIC_AGENT] = { "public agent", ROOT, .extensions = OF_PUBLIC },
};
static struct foreign made[WHO_COUNT];

static EVP_PKEY *
key_make(const struct plan *p)
{
	if (p->key_of != NOBODY) {
		EVP_PKEY *key = certificate_of(p->key_of)->key;

		EVP_PKEY_up_ref(key);
		return key;
	}
	if (p->key == NULL)
		return EVP_EC_gen("P-256");
	if (strcmp(p->key, "RSA") == 0)
		return EVP_RSA_gen(2048);
	if (strcmp(p->key, "ED25519") == 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return EVP_EC_gen(p->key);
}

const struct foreign *
certificate_of(enum who who)
{
	const struct plan *p = &plans[who];
	char number[24];
	struct recipe r = { .common_name = p->name,
		.serial_number = p->serial,
		.second_serial_number = p->second,
		.serial_number_type = p->serial_type,
		.serial = number,
		.not_before = p->from,
		.not_after = p->until };
	unsigned i;

	if (made[who].x != NULL)
		return &made[who];
	snprintf(number, sizeof(number), "77AA00BB%02X", (unsigned)who);
	for (i = 0; i < RECIPE_EXTENSIONS; i++) {
		r.extensions[i].name = p->extensions[i].name;
		r.extensions[i].value = p->extensions[i].value;
	}
	if (p->issuer != NOBODY)
		r.issuer = certificate_of(p->issuer);
	r.key = key_make(p);
	foreign_make(&made[who], &r);
	EVP_PKEY_free(r.key);
	return &made[who];
}

int
world_end(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < WHO_COUNT; i++)
		if (made[i].x != NULL)
			foreign_free(&made[i]);
	return 0;
}

/* --- payloads --- */

/* MP 10.2, of requests. */
static const struct {
	const char *name;
	unsigned delta;
} sids[] = {
	{ "assertion", 1 },
	{ "created-on", 2 },
	{ "domain-cert-revocation-checks", 3 },
	{ "expires-on", 4 },
	{ "idevid-issuer", 5 },
	{ "last-renewal-date", 6 },
	{ "nonce", 7 },
	{ "pinned-domain-cert", 8 },
	{ "prior-signed-voucher-request", 9 },
	{ "proximity-registrar-cert", 10 },
	{ "proximity-registrar-pubk-sha256", 11 },
	{ "proximity-registrar-pubk", 12 },
	{ "serial-number", 13 },
	{ "agent-provided-proximity-registrar-cert", 14 },
	{ "agent-sign-cert", 15 },
	{ "agent-signed-data", 16 },
	{ "pinned-domain-pubk", 17 },
	{ "pinned-domain-pubk-sha256", 18 },
	{ "additional-configuration-url", 19 },
	{ "est-domain", 20 },
	{ "extensions", 21 },
	{ "manufacturer-proprietary", 22 },
};

struct span
from_hex(const char *digits)
{
	uint8_t *out = keep(strlen(digits) / 2 + 1);
	size_t len;

	assert_true(
	    hex_decode(out, strlen(digits) / 2, &len, span_str(digits)));
	return span_of(out, len);
}

void
leaf_add(
    struct request *q, const char *name, enum leaf_kind kind, struct span value)
{
	assert_true(q->leaves_len < LEAVES_MAX);
	q->leaves[q->leaves_len++] =
	    (struct leaf){ .name = name, .kind = kind, .value = value };
}

void
leaf_drop(struct request *q, const char *name)
{
	unsigned i, n = 0;

	for (i = 0; i < q->leaves_len; i++)
		if (strcmp(q->leaves[i].name, name) != 0)
			q->leaves[n++] = q->leaves[i];
	q->leaves_len = n;
}

static void
leaf_set(
    struct request *q, const char *name, enum leaf_kind kind, struct span value)
{
	leaf_drop(q, name);
	leaf_add(q, name, kind, value);
}

void
leaf_text(struct request *q, const char *name, const char *text)
{
	leaf_set(q, name,
	    strcmp(name, "nonce") == 0		 ? LEAF_NONCE
		: strcmp(name, "assertion") == 0 ? LEAF_ASSERTION
						 : LEAF_TEXT,
	    span_str(text));
}

void
leaf_binary(struct request *q, const char *name, struct span value)
{
	leaf_set(q, name, LEAF_BINARY, value);
}

void
leaf_raw(
    struct request *q, const char *name, const char *json, const char *cbor)
{
	leaf_set(q, name, LEAF_RAW, span_str(json));
	q->leaves[q->leaves_len - 1].cbor = from_hex(cbor);
}

/* A JSON object is put together by hand, since it may hold what is no JSON. */
static struct span
to_json(const struct request *q)
{
	char *at = keep(ROOM), *end = at + ROOM, *begin = at;
	struct json_out o;
	struct span value;
	unsigned i;

	at += snprintf(at, (size_t)(end - at), "{\"%s\":{",
	    q->root != NULL ? q->root : "ietf-voucher-request:voucher");
	for (i = 0; i < q->leaves_len; i++) {
		const struct leaf *l = &q->leaves[i];

		json_out_open(&o, keep(ROOM / 2), ROOM / 2);
		if (l->kind == LEAF_BINARY)
			json_put_base64(&o, l->value);
		else if (l->kind != LEAF_RAW)
			json_put_string(&o, l->value);
		value = l->value;
		if (l->kind != LEAF_RAW)
			assert_int_equal(json_out_span(&o, &value), WIRE_OK);
		at += snprintf(at, (size_t)(end - at), "%s\"%s\":%.*s",
		    i == 0 ? "" : ",", l->name, (int)value.len,
		    (const char *)value.ptr);
	}
	at += snprintf(at, (size_t)(end - at), "}}");
	return span_of(begin, (size_t)(at - begin));
}

static void
put_key(struct cbor_out *o, const struct request *q, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(sids) / sizeof(sids[0]) && !q->names; i++)
		if (strcmp(sids[i].name, name) == 0) {
			cbor_put_uint(o, sids[i].delta);
			return;
		}
	cbor_put_string(o, name);
}

static void
put_value(struct cbor_out *o, const struct leaf *l)
{
	static const char *const words[] = { "verified", "logged", "proximity",
		"agent-proximity" };
	uint8_t octets[256];
	size_t len;
	uint64_t n;

	switch (l->kind) {
	case LEAF_TEXT:
		cbor_put_text(o, l->value);
		break;
	case LEAF_BINARY:
		cbor_put_bytes(o, l->value);
		break;
	case LEAF_NONCE:
		assert_true(base64_decode(
		    octets, sizeof(octets), &len, l->value, BASE64_TOLERANT));
		cbor_put_bytes(o, span_of(octets, len));
		break;
	case LEAF_ASSERTION:
		for (n = 0; n < 4 && !span_is(l->value, words[n]); n++)
			;
		cbor_put_uint(o, n);
		break;
	case LEAF_RAW:
		cbor_put_raw(o, l->cbor);
		break;
	}
}

static struct span
to_cbor(const struct request *q)
{
	struct cbor_out o;
	struct span out;
	unsigned i;

	cbor_out_open(&o, keep(ROOM), ROOM);
	cbor_put_map(&o, 1);
	if (q->root != NULL)
		cbor_put_string(&o, q->root);
	else
		cbor_put_uint(&o, q->root_sid != 0 ? q->root_sid : 2501);
	cbor_put_map(&o, q->leaves_len);
	for (i = 0; i < q->leaves_len; i++) {
		put_key(&o, q, q->leaves[i].name);
		put_value(&o, &q->leaves[i]);
	}
	assert_int_equal(cbor_out_span(&o, &out), WIRE_OK);
	return out;
}

static struct span
request_encode(const struct request *q, enum artifact_format format)
{
	if (q->content.ptr != NULL)
		return q->content;
	return format == FORMAT_COSE_CBOR ? to_cbor(q) : to_json(q);
}

/* --- the world --- */

static void
artifact_add(struct artifact *a, enum who who)
{
	a->certificates[a->certificates_len++] = certificate_of(who);
}

void
world_registrar(enum who signer, ...)
{
	va_list more;
	enum who who;

	w.rvr.signer = certificate_of(signer);
	w.rvr.certificates_len = 0;
	artifact_add(&w.rvr, signer);
	va_start(more, signer);
	while ((who = (enum who)va_arg(more, int)) != NOBODY)
		artifact_add(&w.rvr, who);
	va_end(more);
}

void
world_sees(const char *leaf, struct span value)
{
	leaf_drop(&w.pledge, "proximity-registrar-cert");
	leaf_drop(&w.pledge, "proximity-registrar-pubk");
	leaf_drop(&w.pledge, "proximity-registrar-pubk-sha256");
	if (leaf != NULL)
		leaf_binary(&w.pledge, leaf, value);
}

/* The pledge is this one; where its certificate stood another one stands. */
void
world_device(enum who device)
{
	const struct foreign *old = w.pvr.signer, *f = certificate_of(device);
	unsigned i;

	w.pvr.signer = f;
	for (i = 0; i < w.pvr.certificates_len; i++)
		if (w.pvr.certificates[i] == old)
			w.pvr.certificates[i] = f;
	for (i = 0; i < w.rvr.certificates_len; i++)
		if (w.rvr.certificates[i] == old)
			w.rvr.certificates[i] = f;
}

void
world_on_record(enum who first, ...)
{
	va_list more;
	int who = (int)first;

	w.asked = true;
	va_start(more, first);
	for (; who != NOBODY; who = va_arg(more, int))
		w.on_record.certificates[w.on_record.len++] =
		    certificate_of((enum who)who)->der;
	va_end(more);
}

void
world_begin(enum artifact_format format)
{
	bool cose = format == FORMAT_COSE_CBOR;

	keep_nothing();
	memset(&w, 0, sizeof(w));
	w.format = format;
	w.kind = REQUEST_VOUCHER;
	w.now = NOW;
	leaf_text(&w.pledge, "assertion", "proximity");
	leaf_text(&w.pledge, "created-on", "2025-06-15T15:06:00Z");
	leaf_text(&w.pledge, "serial-number", SERIAL);
	leaf_text(&w.pledge, "nonce", NONCE);
	world_sees("proximity-registrar-cert", certificate_of(REGISTRAR)->der);
	leaf_text(&w.registrar, "assertion", "proximity");
	leaf_text(&w.registrar, "created-on", "2025-06-15T15:06:30Z");
	leaf_text(&w.registrar, "serial-number", SERIAL);
	leaf_text(&w.registrar, "nonce", NONCE);
	w.pvr.format = w.rvr.format = format;
	w.pvr.signer = certificate_of(DEVICE);
	if (!cose)
		artifact_add(&w.pvr, DEVICE);
	world_registrar(REGISTRAR, SUB, ROOT, NOBODY);
	/* cBRSKI 7.2: its registrar sends the pledge's chain along. */
	if (cose) {
		artifact_add(&w.rvr, DEVICE);
		artifact_add(&w.rvr, VENDOR);
	}
}

static struct span
body_make(void)
{
	if (w.body.ptr != NULL)
		return w.body;
	if (!w.alone) {
		w.pvr.content = request_encode(&w.pledge, w.pvr.format);
		leaf_binary(&w.registrar, "prior-signed-voucher-request",
		    w.prior.ptr != NULL ? w.prior : artifact_make(&w.pvr));
	}
	w.rvr.content = request_encode(&w.registrar, w.rvr.format);
	return artifact_make(&w.rvr);
}

void
world_check(void)
{
	struct message_check m = { .kind = w.kind,
		.format = w.format,
		.reply = (unsigned)w.format,
		.allowed = w.allowed,
		.client_sha256 = { 1, 2, 3 },
		.client_spki_sha256 = { 4, 5 },
		.address = "192.0.2.7",
		.body = body_make() };

	room.on_record = w.asked ? &w.on_record : NULL;
	memset(&w.trace, 0, sizeof(w.trace));
	memset(&w.facts, 0xee, sizeof(w.facts));
	why_clear(&w.why);
	w.reason = check_request(&m, w.now, &room, &w.facts, &w.trace, &w.why);
	w.look_up = room.look_up;
}

/* --- tables --- */

static void
row_check(const struct row *r, enum artifact_format format)
{
	static const char *const names[] = { "", "CMS", "JWS", "COSE" };
	const struct trace_row *last;

	world_begin(format);
	if (r->change != NULL)
		r->change();
	world_check();
	last = &w.trace.rows[w.trace.len - 1];
	if (w.reason != r->reason)
		fail_msg("%s, %s: %s at row %s: %s", r->name, names[format],
		    reason_code(w.reason), step_row(last->step), w.why.text);
	if (r->reason != REASON_OK &&
	    (last->step != r->step || last->outcome != OUTCOME_REFUSED))
		fail_msg("%s, %s: refused by row %s", r->name, names[format],
		    step_row(last->step));
	if (r->text != NULL && strstr(w.why.text, r->text) == NULL)
		fail_msg("%s, %s: it says \"%s\"", r->name, names[format],
		    w.why.text);
	if (r->clause != NULL &&
	    strcmp(reason_clause(w.reason), r->clause) != 0)
		fail_msg("%s, %s: clause %s", r->name, names[format],
		    reason_clause(w.reason));
	if (r->see != NULL)
		r->see();
}

void
rows_check(const struct row *rows, size_t n)
{
	static const enum artifact_format formats[] = { FORMAT_CMS_JSON,
		FORMAT_JWS_JSON, FORMAT_COSE_CBOR };
	size_t i, f;

	for (i = 0; i < n; i++)
		for (f = 0; f < 3; f++)
			if ((rows[i].formats & 1u << formats[f]) != 0)
				row_check(&rows[i], formats[f]);
}
