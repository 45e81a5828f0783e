/* Rendered certificates: OpenSSL's builder, told the same, must lay out the
 * same octets, and OpenSSL must find the chains good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

#include "crypto/keys/private_key.h"
#include "crypto/oid.h"
#include "foreign.h"
#include "wire/der.h"
#include "x509/render.h"

/* One certificate of ours and the key behind it. */
struct made {
	struct private_key *key;
	uint8_t tbs[2048], der[2048], key_id[20];
	size_t tbs_len, len;
	struct certificate c;
};

static void
make(struct made *m, struct certificate_plan *plan, const struct made *issuer)
{
	uint8_t signature[SIGNATURE_SIZE_MAX];
	const struct made *by = issuer != NULL ? issuer : m;
	struct why why;
	size_t len;

	if (m->key == NULL)
		m->key = private_key_generate(KEY_P256);
	certificate_serial_draw(plan->serial);
	plan->spki = private_key_spki(m->key);
	plan->signature_algorithm = private_key_algorithm(by->key);
	if (issuer != NULL) {
		plan->issuer_name = issuer->c.subject;
		plan->issuer_key_id = issuer->c.subject_key_id;
	}
	assert_true(
	    certificate_render(plan, m->tbs, sizeof(m->tbs), &m->tbs_len));
	private_key_sign(by->key, span_of(m->tbs, m->tbs_len), signature, &len);
	assert_true(certificate_assemble(span_of(m->tbs, m->tbs_len),
	    plan->signature_algorithm, span_of(signature, len), m->der,
	    sizeof(m->der), &m->len));
	assert_int_equal(
	    certificate_read(span_of(m->der, m->len), &m->c, &why), REASON_OK);
}

static struct made root, ca, leaf;

static struct certificate_plan
plan_of(enum certificate_profile profile)
{
	struct certificate_plan p = { .profile = profile,
		.organization = "M\xc3\xbcller AG",
		.unit = "Line 1",
		.common_name = "name",
		.not_before = 1704067200,
		.not_after = DER_TIME_FOREVER };

	return p;
}

static int
world_make(void **state)
{
	struct certificate_plan p = plan_of(PROFILE_ROOT);

	(void)state;
	root.key = private_key_generate(KEY_P384);
	p.common_name = "Root 1";
	make(&root, &p, NULL);
	p = plan_of(PROFILE_IDEVID_CA);
	p.common_name = "IDevID CA F1-1";
	make(&ca, &p, &root);
	return 0;
}

static int
world_end(void **state)
{
	(void)state;
	private_key_free(root.key);
	private_key_free(ca.key);
	private_key_free(leaf.key);
	return 0;
}

static X509 *
parsed(const struct made *m)
{
	const unsigned char *at = m->der;
	X509 *x = d2i_X509(NULL, &at, (long)m->len);

	assert_non_null(x);
	assert_ptr_equal(at, m->der + m->len);
	return x;
}

static void
date_text(int64_t seconds, char out[20])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 20, "%Y%m%d%H%M%SZ", &tm);
}

/* Builds the same certificate from the recipe's extensions and compares what is
 * to be signed. */
static void
same_as_foreign(const struct made *m, const struct certificate_plan *p,
    struct recipe *r, const struct made *issuer)
{
	struct foreign f, by = { 0 };
	char serial[33], from[20], until[20];
	EVP_PKEY *key = private_key_native(m->key);
	unsigned char *der = NULL;
	unsigned i;
	int len;

	for (i = 0; i < 16; i++)
		snprintf(serial + 2 * i, 3, "%02X", p->serial[i]);
	date_text(p->not_before, from);
	date_text(p->not_after, until);
	r->organization = p->organization;
	r->unit = p->unit;
	r->common_name = p->common_name;
	r->serial_number = p->device_serial;
	r->serial = serial;
	r->not_before = from;
	r->not_after = until;
	r->key = key;
	if (issuer != NULL) {
		by.x = parsed(issuer);
		by.key = private_key_native(issuer->key);
		r->issuer = &by;
	}
	r->md = issuer == &root || m == &root ? EVP_sha384() : EVP_sha256();
	foreign_make(&f, r);
	len = i2d_re_X509_tbs(f.x, &der);
	assert_int_equal(len, m->tbs_len);
	assert_memory_equal(m->tbs, der, m->tbs_len);
	OPENSSL_free(der);
	foreign_free(&f);
	X509_free(by.x);
	EVP_PKEY_free(by.key);
	EVP_PKEY_free(key);
}

/* OpenSSL's builder hashes with SHA-1 for "hash": give our identifier. */
static void
key_id_text(const struct made *m, char out[64])
{
	uint8_t id[20];
	unsigned i;

	key_identifier(private_key_spki(m->key), id);
	for (i = 0; i < 20; i++)
		snprintf(out + 3 * i, 4, "%02X%s", id[i], i < 19 ? ":" : "");
}

static void
roots_and_cas(void **state)
{
	struct certificate_plan p = plan_of(PROFILE_ROOT);
	char id[64];
	struct recipe r = { .extensions = {
				{ "basicConstraints", "critical,CA:TRUE" },
				{ "keyUsage", "critical,keyCertSign,cRLSign" },
				{ "subjectKeyIdentifier", id } } };

	(void)state;
	p.common_name = "Root 1";
	make(&root, &p, NULL);
	key_id_text(&root, id);
	same_as_foreign(&root, &p, &r, NULL);
	r.extensions[0].value = "critical,CA:TRUE,pathlen:0";
	r.extensions[1].value = "critical,keyCertSign";
	r.extensions[3].name = "authorityKeyIdentifier";
	r.extensions[3].value = "keyid:always";
	p = plan_of(PROFILE_IDEVID_CA);
	p.common_name = "IDevID CA F1-1";
	make(&ca, &p, &root);
	key_id_text(&ca, id);
	same_as_foreign(&ca, &p, &r, &root);
}

static void
idevids(void **state)
{
	static const char *const urls[] = { NULL, "masa.example.com:9443" };
	static const char *const usages[] = { NULL, "critical,digitalSignature",
		"critical,digitalSignature,keyEncipherment" };
	char value[80];
	unsigned i, usage, year;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (usage = 0; usage <= IDEVID_USAGE_LAST; usage++) {
			for (year = 0; year < 2; year++) {
				struct certificate_plan p =
				    plan_of(PROFILE_IDEVID);
				struct recipe
				    r = { .extensions = {
					      { "authorityKeyIdentifier",
						  "keyid:always" } } };
				unsigned n = 1;

				p.device_serial = "AR9-F1-0001-6";
				p.masa_url = urls[i];
				p.key_usage = (enum idevid_usage)usage;
				/* 2050-01-01: GeneralizedTime */
				p.not_before += year * INT64_C(820454400);
				make(&leaf, &p, &ca);
				if (i == 1) {
					snprintf(value, sizeof(value),
					    "ASN1:IA5:%s", urls[i]);
					r.extensions[n].name =
					    "1.3.6.1.5.5.7.1.32";
					r.extensions[n++].value = value;
				}
				if (usage > 0) {
					r.extensions[n].name = "keyUsage";
					r.extensions[n].value = usages[usage];
				}
				same_as_foreign(&leaf, &p, &r, &ca);
			}
		}
	}
}

/* The template of IP 5.3, by hand. */
#define MODULE_NAME                                     \
	"30:2b:a0:29:06:08:2b:06:01:05:05:07:08:04:"    \
	"a0:1d:30:1b:06:0a:2b:06:01:04:01:81:fd:59:07:" \
	"01:04:0d:41:52:39:2d:46:31:2d:30:30:30:31:2d:36"

static void
check_module(const struct made *m)
{
	X509 *x = parsed(m);
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	const OTHERNAME *other;
	char oid[64];

	assert_non_null(names);
	assert_int_equal(sk_GENERAL_NAME_num(names), 1);
	assert_int_equal(sk_GENERAL_NAME_value(names, 0)->type, GEN_OTHERNAME);
	other = sk_GENERAL_NAME_value(names, 0)->d.otherName;
	OBJ_obj2txt(oid, sizeof(oid), other->type_id, 1);
	assert_string_equal(oid, "1.3.6.1.5.5.7.8.4");
	assert_int_equal(other->value->type, V_ASN1_SEQUENCE);
	GENERAL_NAMES_free(names);
	X509_free(x);
}

static void
extend(struct recipe *r, unsigned n, const char *name, const char *value)
{
	r->extensions[n].name = name;
	r->extensions[n].value = value;
}

/* Everything that a product may select (IP 5), alone and together. */
static void
selected(void **state)
{
	static const uint8_t type[] = { 0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 7,
		1 };
	static const uint8_t policy[] = { 0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 5,
		2 };
	char id[64];
	unsigned set;

	(void)state;
	for (set = 0; set < 16; set++) {
		struct certificate_plan p = plan_of(PROFILE_IDEVID);
		struct recipe r = { .extensions = { { "authorityKeyIdentifier",
					"keyid:always" } } };
		unsigned n = 1;

		p.device_serial = "AR9-F1-0001-6";
		if ((set & 1) == 0)
			p.organization = p.unit = p.common_name = NULL;
		p.subject_key_id = (set & 2) != 0;
		if ((set & 4) != 0)
			p.hw_type = OID_SPAN(type);
		if ((set & 8) != 0)
			p.policy = OID_SPAN(policy);
		make(&leaf, &p, &ca);
		key_id_text(&leaf, id);
		if (p.subject_key_id)
			extend(&r, n++, "subjectKeyIdentifier", id);
		if (p.hw_type.len > 0)
			extend(&r, n++, "subjectAltName", "DER:" MODULE_NAME);
		if (p.policy.len > 0)
			extend(&r, n, "certificatePolicies",
			    "1.3.6.1.4.1.32473.5.2");
		same_as_foreign(&leaf, &p, &r, &ca);
		if (p.hw_type.len > 0)
			check_module(&leaf);
	}
}

/* IP 5.1, octet by octet where it gives them. */
static void
idevid_template(void **state)
{
	static const uint8_t version[] = { 0xa0, 3, 2, 1, 2, 2, 16 };
	static const uint8_t until[] = "\x18\x0f"
				       "99991231235959Z";
	static const uint8_t url[] = { 0x30, 0x2b, 6, 8, 0x2b, 6, 1, 5, 5, 7, 1,
		32, 4, 0x1f, 0x16, 0x1d };
	struct certificate_plan p = { .profile = PROFILE_IDEVID,
		.device_serial = "AR9-F1-0001-6",
		.not_before = 1704067200,
		.not_after = DER_TIME_FOREVER,
		.masa_url = "highway-test.example.com:9443" };

	(void)state;
	make(&leaf, &p, &ca);
	assert_memory_equal(
	    leaf.c.serial.ptr - sizeof(version), version, sizeof(version));
	assert_memory_equal(
	    leaf.c.validity.ptr + leaf.c.validity.len - 17, until, 17);
	assert_memory_equal(
	    leaf.c.masa_url.ptr - sizeof(url), url, sizeof(url));
	assert_int_equal(leaf.c.algorithm.len, 12);
	/* serialNumber alone: 30 len 31 len 30 len 06 03 55 04 05 13 len */
	assert_memory_equal(leaf.c.subject.ptr,
	    "\x30\x18\x31\x16\x30\x14\x06\x03\x55\x04\x05\x13\x0d"
	    "AR9-F1-0001-6",
	    26);
}

static void
end_entities(void **state)
{
	static const struct {
		enum certificate_profile profile;
		const char *host, *purposes, *names;
	} cases[] = {
		{ PROFILE_VOUCHER_SIGNER, NULL, NULL, NULL },
		{ PROFILE_TLS_SERVER, "masa.example.com", "serverAuth",
		    "DNS:masa.example.com" },
		{ PROFILE_TLS_SERVER, "192.0.2.1", "serverAuth",
		    "IP:192.0.2.1" },
		{ PROFILE_TLS_SERVER, "2001:db8::1", "serverAuth",
		    "IP:2001:db8::1" },
		{ PROFILE_REGISTRAR, NULL,
		    "1.3.6.1.5.5.7.3.28,serverAuth,clientAuth", NULL },
	};
	char id[64];
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct certificate_plan p = plan_of(cases[i].profile);
		struct recipe r = {
			.extensions = { { "basicConstraints",
					    "critical,CA:FALSE" },
			    { "keyUsage", "critical,digitalSignature" },
			    { "subjectKeyIdentifier", id },
			    { "authorityKeyIdentifier", "keyid:always" },
			    { "extendedKeyUsage", cases[i].purposes },
			    { "subjectAltName", cases[i].names } }
		};

		if (cases[i].purposes == NULL)
			r.extensions[4].name = NULL;
		if (cases[i].names == NULL)
			r.extensions[5].name = NULL;
		p.host = cases[i].host;
		make(&leaf, &p, &ca);
		key_id_text(&leaf, id);
		same_as_foreign(&leaf, &p, &r, &ca);
	}
}

/* IP 6: that for vouchers and the product's, in either form. */
static void
voucher_policies(void **state)
{
	static const uint8_t first[] = { 0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 5,
		1 };
	static const uint8_t second[] = { 0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 5,
		1, 9 };
	struct certificate_plan p = plan_of(PROFILE_VOUCHER_SIGNER);
	char id[64];
	struct recipe r = {
		.extensions = { { "basicConstraints", "critical,CA:FALSE" },
		    { "keyUsage", "critical,digitalSignature" },
		    { "subjectKeyIdentifier", id },
		    { "authorityKeyIdentifier", "keyid:always" },
		    { "certificatePolicies",
			"1.3.6.1.4.1.32473.5.1,1.3.6.1.4.1.32473.5.1.9" } }
	};

	(void)state;
	p.policy = OID_SPAN(first);
	p.product_policy = OID_SPAN(second);
	make(&leaf, &p, &ca);
	key_id_text(&leaf, id);
	same_as_foreign(&leaf, &p, &r, &ca);
	assert_true(certificate_has_policy(&leaf.c, p.product_policy));
	assert_false(certificate_has_mark(&leaf.c, p.product_policy));
	p.policy_marks = true;
	extend(&r, 4, "1.3.6.1.4.1.32473.5.1", "ASN1:NULL");
	extend(&r, 5, "1.3.6.1.4.1.32473.5.1.9", "ASN1:NULL");
	make(&leaf, &p, &ca);
	same_as_foreign(&leaf, &p, &r, &ca);
	assert_true(certificate_has_mark(&leaf.c, p.policy));
	assert_true(certificate_has_mark(&leaf.c, p.product_policy));
	assert_false(certificate_has_policy(&leaf.c, p.policy));
	assert_int_equal(leaf.c.marks_len, 2);
}

/* X509_verify_cert with all its strictness, from the root. */
static void
chain_verifies(void **state)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	STACK_OF(X509) *between = sk_X509_new_null();
	struct certificate_plan p = plan_of(PROFILE_IDEVID);
	X509 *top = parsed(&root), *middle = parsed(&ca), *low;

	(void)state;
	p.device_serial = "AR9-F1-0002-4";
	make(&leaf, &p, &ca);
	low = parsed(&leaf);
	X509_STORE_add_cert(store, top);
	sk_X509_push(between, middle);
	X509_STORE_CTX_init(context, store, low, between);
	X509_STORE_CTX_set_flags(context, X509_V_FLAG_CHECK_SS_SIGNATURE);
	if (X509_verify_cert(context) != 1)
		fail_msg("%s",
		    X509_verify_cert_error_string(
			X509_STORE_CTX_get_error(context)));
	X509_free(top);
	X509_free(middle);
	X509_free(low);
	sk_X509_free(between);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
}

/* RFC 7093 2, method 1: 160 bits of SHA-256 of the BIT STRING's octets. */
static void
key_identifiers(void **state)
{
	unsigned char hash[32];
	uint8_t id[20];
	X509 *x = parsed(&root);

	(void)state;
	assert_int_equal(X509_pubkey_digest(x, EVP_sha256(), hash, NULL), 1);
	key_identifier(private_key_spki(root.key), id);
	assert_memory_equal(id, hash, 20);
	assert_memory_equal(root.c.subject_key_id.ptr, hash, 20);
	X509_free(x);
}

static void
serials(void **state)
{
	uint8_t serial[16], last[16] = { 0 };
	unsigned i;

	(void)state;
	for (i = 0; i < 5000; i++) {
		certificate_serial_draw(serial);
		assert_in_range(serial[0], 1, 0x7f);
		assert_memory_not_equal(serial, last, 16);
		memcpy(last, serial, 16);
	}
}

static void
no_room(void **state)
{
	struct certificate_plan p = plan_of(PROFILE_IDEVID);
	uint8_t room[1024];
	size_t whole, len, cap;

	(void)state;
	p.device_serial = "AR9-F1-0001-6";
	make(&leaf, &p, &ca);
	assert_true(certificate_render(&p, room, sizeof(room), &whole));
	for (cap = 0; cap < whole; cap++)
		assert_false(certificate_render(&p, room, cap, &len));
	assert_true(certificate_render(&p, room, whole, &len));
	assert_false(certificate_assemble(leaf.c.tbs, leaf.c.algorithm,
	    leaf.c.signature, room, leaf.len - 1, &len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_and_cas),
		cmocka_unit_test(selected),
		cmocka_unit_test(voucher_policies),
		cmocka_unit_test(idevids),
		cmocka_unit_test(idevid_template),
		cmocka_unit_test(end_entities),
		cmocka_unit_test(chain_verifies),
		cmocka_unit_test(key_identifiers),
		cmocka_unit_test(serials),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, world_make, world_end);
}
