/*
 * No public CA is ever pinned (RFC 8995 5.5, MP 11): each root that Debian's
 * ca-certificates installs, read by OpenSSL, in every place of a chain, for
 * every wish and format.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "model/policy.h"

#define CHAIN 4 /* registrar, two sub-CAs, a root */

static struct public_ca roots[512];
static unsigned roots_len;

static void
hash_of(uint8_t out[HASH_SIZE], unsigned char *der, int len)
{
	assert_true(len > 0);
	SHA256(der, (size_t)len, out);
	OPENSSL_free(der);
}

static void
root_read(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned char *key = NULL, *name = NULL;
	X509 *x;

	assert_non_null(f);
	x = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	assert_non_null(x);
	assert_true(roots_len < sizeof(roots) / sizeof(roots[0]));
	hash_of(roots[roots_len].spki_sha256, key,
	    i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &key));
	hash_of(roots[roots_len].name_sha256, name,
	    i2d_X509_NAME(X509_get_subject_name(x), &name));
	roots_len++;
	X509_free(x);
}

static int
roots_open(void **state)
{
	DIR *folder = opendir(PUBLIC_CAS);
	struct dirent *e;
	char path[1024];

	(void)state;
	assert_non_null(folder);
	while ((e = readdir(folder)) != NULL) {
		if (strstr(e->d_name, ".crt") == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/%s", PUBLIC_CAS, e->d_name);
		root_read(path);
	}
	closedir(folder);
	return roots_len > 50 ? 0 : -1;
}

/* A good chain of a customer, and what a product may wish of it. */
struct scene {
	struct request_facts facts;
	struct product product;
	struct policy_input in;
	struct verdict verdict;
};

static void
scene_open(struct scene *s)
{
	unsigned i;

	memset(s, 0, sizeof(*s));
	product_defaults(&s->product);
	s->facts.chain_len = CHAIN;
	for (i = 0; i < CHAIN; i++) {
		struct chain_entry *e = &s->facts.chain[i];

		e->ca = i > 0;
		memset(e->spki_sha256, (int)i + 1, HASH_SIZE);
		memset(e->issuer_name_sha256, (int)i + 0x11, HASH_SIZE);
	}
	s->in.facts = &s->facts;
	s->in.products = &s->product;
}

/* Runs row 19 for each wish and format; what is pinned is never a CA. */
static void
never_a_ca(struct scene *s, enum reason expected)
{
	enum pin_policy wish;
	enum artifact_format format;

	for (wish = PIN_FARTHEST; wish <= PIN_BY_FORMAT; wish++)
		for (format = FORMAT_CMS_JSON; format <= FORMAT_COSE_CBOR;
		     format++) {
			s->product.pin = wish;
			s->verdict.format = format;
			assert_int_equal(
			    policy_pin(&s->in, &s->verdict), expected);
			if (expected == REASON_OK)
				assert_int_equal(s->verdict.pin, 0);
		}
}

static void
by_key(void **state)
{
	struct scene s;
	unsigned i, place;

	(void)state;
	for (i = 0; i < roots_len; i++)
		for (place = 0; place < CHAIN; place++) {
			scene_open(&s);
			memcpy(s.facts.chain[place].spki_sha256,
			    roots[i].spki_sha256, HASH_SIZE);
			never_a_ca(
			    &s, place == 0 ? REASON_PIN_PUBLIC : REASON_OK);
		}
}

/* The root itself was left out: a certificate names it. */
static void
by_name(void **state)
{
	struct scene s;
	unsigned i, place;

	(void)state;
	for (i = 0; i < roots_len; i++)
		for (place = 0; place < CHAIN; place++) {
			scene_open(&s);
			memcpy(s.facts.chain[place].issuer_name_sha256,
			    roots[i].name_sha256, HASH_SIZE);
			never_a_ca(&s, REASON_OK);
			/* A signer that could issue is no end entity. */
			s.facts.chain[0].ca = true;
			never_a_ca(&s, REASON_PIN_PUBLIC);
		}
}

/* Those between were left out, too. */
static void
by_policy(void **state)
{
	struct scene s;
	unsigned place;

	(void)state;
	for (place = 0; place < CHAIN; place++) {
		scene_open(&s);
		s.facts.chain[place].public_policy = true;
		never_a_ca(&s, REASON_OK);
	}
}

static void
added(void **state)
{
	struct public_cas more = { .len = 1 };
	struct scene s;

	(void)state;
	scene_open(&s);
	memcpy(more.entries[0].spki_sha256, s.facts.chain[2].spki_sha256,
	    HASH_SIZE);
	memset(more.entries[0].name_sha256, 0x77, HASH_SIZE);
	assert_int_equal(policy_pin(&s.in, &s.verdict), REASON_OK);
	assert_int_equal(s.verdict.pin, 3);
	s.in.public_cas = &more;
	never_a_ca(&s, REASON_OK);
	scene_open(&s);
	s.in.public_cas = &more;
	memset(more.entries[0].spki_sha256, 0x66, HASH_SIZE);
	assert_int_equal(policy_pin(&s.in, &s.verdict), REASON_OK);
	assert_int_equal(s.verdict.pin, 3);
	memset(s.facts.chain[3].issuer_name_sha256, 0x77, HASH_SIZE);
	never_a_ca(&s, REASON_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_key),
		cmocka_unit_test(by_name),
		cmocka_unit_test(by_policy),
		cmocka_unit_test(added),
	};

	return cmocka_run_group_tests(tests, roots_open, NULL);
}
