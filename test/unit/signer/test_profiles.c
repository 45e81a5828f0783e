/* IDevIDs show what an operator's act has on record of their product, and nothing
 * else that an authority may ask for; OpenSSL reads what came of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "world.h"

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

static X509 *
answered(void)
{
	const unsigned char *at = world.reply.artifact;
	X509 *x = d2i_X509(NULL, &at, (long)world.reply.artifact_len);

	assert_non_null(x);
	assert_ptr_equal(at, world.reply.artifact + world.reply.artifact_len);
	return x;
}

static void
name_is(const X509 *x, int nid, const char *wanted)
{
	char text[100];
	int len = X509_NAME_get_text_by_NID(
	    X509_get_subject_name(x), nid, text, sizeof(text));

	if (wanted == NULL)
		assert_int_equal(len, -1);
	else
		assert_string_equal(text, wanted);
}

/* Extensions of a certificate, as OpenSSL numbers them. */
static void
extensions_are(const X509 *x, const int *nids, int len)
{
	int i;

	assert_int_equal(X509_get_ext_count(x), len);
	for (i = 0; i < len; i++)
		assert_int_equal(
		    OBJ_obj2nid(X509_EXTENSION_get_object(X509_get_ext(x, i))),
		    nids[i]);
}

/* Each field of the product alone: a lie about it, and what is on record. */
static void
lies(void **state)
{
	const struct idevid_order good = world_idevid(1);
	struct idevid_order i;
	unsigned field;

	(void)state;
	for (field = 0; field < 9; field++) {
		uint64_t before =
		    journal_ledger(world.signer.journal)->sequence;

		i = good;
		switch (field) {
		case 0:
			strcpy(i.masa_url, "masa.example.net");
			break;
		case 1:
			i.profile.key_usage = IDEVID_USAGE_SIGN;
			break;
		case 2:
			i.profile.subject_key_id = true;
			break;
		case 3:
			strcpy(i.profile.organization, "Other");
			break;
		case 4:
			strcpy(i.profile.unit, "Line 2");
			break;
		case 5:
			strcpy(i.profile.model, "X-10");
			break;
		case 6:
			strcpy(i.profile.hw_type, "1.3.6.1.4.1.32473.8");
			break;
		case 7:
			i.profile.issuance_policy = true;
			break;
		case 8: /* one of another product, of which nothing is known */
			strcpy(i.product, "router-8");
			break;
		}
		assert_int_equal(order_idevid(&i), REASON_SIGNER_POLICY);
		assert_non_null(strstr(world.reply.text, "on record"));
		assert_int_equal(
		    journal_ledger(world.signer.journal)->sequence, before);
	}
	/* On record it is no lie any more, and the one before is one. */
	i = good;
	strcpy(i.masa_url, "masa.example.net");
	assert_int_equal(order_profile(&i), REASON_OK);
	assert_int_equal(order_idevid(&good), REASON_SIGNER_POLICY);
	assert_int_equal(order_idevid(&i), REASON_OK);
}

/* What the signer was told is still so when it comes back. */
static void
after_a_start(void **state)
{
	struct idevid_order i = world_idevid(1);
	struct why why;

	(void)state;
	strcpy(i.profile.model, "X-9");
	assert_int_equal(order_profile(&i), REASON_OK);
	world_close();
	assert_int_equal(world_open(&why), REASON_OK);
	assert_int_equal(order_idevid(&i), REASON_OK);
	strcpy(i.profile.model, "X-8");
	assert_int_equal(order_idevid(&i), REASON_SIGNER_POLICY);
}

static void
by_default(void **state)
{
	static const int nids[] = { NID_authority_key_identifier, NID_undef };
	struct idevid_order i = world_idevid(1);
	X509 *x;

	(void)state;
	assert_int_equal(order_idevid(&i), REASON_OK);
	x = answered();
	extensions_are(x, nids, 2); /* and the MASA URL, which has no NID */
	assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(x)), 1);
	name_is(x, NID_serialNumber, i.serial);
	X509_free(x);
}

static void
all_of_it(void **state)
{
	static const int nids[] = { NID_authority_key_identifier, NID_undef,
		NID_key_usage, NID_subject_key_identifier, NID_subject_alt_name,
		NID_certificate_policies };
	struct idevid_order i = world_idevid(1);
	CERTIFICATEPOLICIES *policies;
	char oid[64];
	X509 *x;

	(void)state;
	assert_true(world_issuing_ca("P1-1", "P1", "1.3.6.1.4.1.32473.5.2", 0));
	strcpy(i.key, "P1-1");
	strcpy(i.serial, "AR9-P1-0001");
	strcpy(i.profile.organization, "M\xc3\xbcller AG");
	strcpy(i.profile.unit, "Line 1");
	strcpy(i.profile.model, "X-9");
	strcpy(i.profile.hw_type, "1.3.6.1.4.1.32473.7.1");
	i.profile.key_usage = IDEVID_USAGE_SIGN;
	i.profile.subject_key_id = i.profile.issuance_policy = true;
	assert_int_equal(order_profile(&i), REASON_OK);
	assert_int_equal(order_idevid(&i), REASON_OK);
	x = answered();
	extensions_are(x, nids, 6);
	name_is(x, NID_organizationName, "M\xc3\xbcller AG");
	name_is(x, NID_organizationalUnitName, "Line 1");
	name_is(x, NID_commonName, "X-9");
	name_is(x, NID_serialNumber, i.serial);
	assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
	policies = X509_get_ext_d2i(x, NID_certificate_policies, NULL, NULL);
	assert_int_equal(sk_POLICYINFO_num(policies), 1);
	OBJ_obj2txt(
	    oid, sizeof(oid), sk_POLICYINFO_value(policies, 0)->policyid, 1);
	assert_string_equal(oid, "1.3.6.1.4.1.32473.5.2");
	assert_null(sk_POLICYINFO_value(policies, 0)->qualifiers);
	CERTIFICATEPOLICIES_free(policies);
	X509_free(x);
}

/* What depends on the CA and on the device's key. */
static void
what_cannot_be(void **state)
{
	struct idevid_order i = world_idevid(1);

	(void)state;
	i.profile.issuance_policy = true;
	assert_int_equal(order_profile(&i), REASON_OK);
	assert_int_equal(order_idevid(&i), REASON_CA_MISMATCH);
	i.profile.issuance_policy = false;
	i.profile.key_usage = IDEVID_USAGE_ENCIPHER;
	assert_int_equal(order_profile(&i), REASON_OK);
	assert_int_equal(order_idevid(&i), REASON_KEY_WEAK);
	assert_true(world_issuing_ca("P1-1", "P1", "1.3.6.1.4.1.32473.5.2", 0));
	i = world_idevid(1);
	strcpy(i.key, "P1-1");
	strcpy(i.serial, "AR9-P1-0001");
	strcpy(i.profile.hw_type, "1.3.6.1.4.1.32474.7.1");
	assert_int_equal(order_profile(&i), REASON_OK);
	assert_int_equal(order_idevid(&i), REASON_CA_MISMATCH);
	assert_non_null(strstr(world.reply.text, "two enterprises"));
	strcpy(i.profile.hw_type, "1.3.6.1.4.1.32473");
	assert_int_equal(order_idevid(&i), REASON_SIGNER_FACTS);
}

/* Subjects of before profiles were on record say nothing; others must be right. */
static void
subjects(void **state)
{
	struct idevid_order i = world_idevid(1);

	(void)state;
	assert_int_equal(order_act("product.set", "router-9"), REASON_OK);
	assert_int_equal(order_idevid(&i), REASON_OK);
	assert_int_equal(
	    order_act("product.set", "router-9 short"), REASON_SIGNER_FACTS);
	assert_int_equal(order_act("product.add",
			     "a:b AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
	    REASON_SIGNER_FACTS);
	assert_int_equal(order_act("product.add",
			     "a-b AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
	    REASON_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(lies),
		CASE(after_a_start),
		CASE(by_default),
		CASE(all_of_it),
		CASE(what_cannot_be),
		CASE(subjects),
	};

	return cmocka_run_group_tests(tests, world_make, world_remove);
}
