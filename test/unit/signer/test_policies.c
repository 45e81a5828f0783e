/* No policy is both of those who sign vouchers and of those who certify devices, nor
 * below one that is (IP 2, IP 6, L06): whatever became of the other key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "world.h"

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

#define OURS "1.3.6.1.4.1.32473.5"

enum fate { USED, RETIRED, KEY_LOST };

/* A policy of each side, below an arc of the row's own, and what becomes of the key
 * that has its certificate first. */
static const struct {
	const char *voucher, *idevid;
	enum fate fate;
	bool apart;
} rows[] = {
	{ "", "", USED, false },
	{ "", ".7.300", USED, false },
	/* What only looks the same, and what no pledge would take for its own. */
	{ "", "1", USED, true },
	{ ".7", "", USED, true },
	{ "", "", RETIRED, false },
	{ "", ".7", RETIRED, false },
	{ "", "", KEY_LOST, false },
	{ "", ".7", KEY_LOST, false },
};

static void
befall(const char *name, enum fate fate)
{
	char path[100];
	struct why why;

	if (fate == RETIRED)
		assert_int_equal(
		    order_act(LEDGER_VERB_RETIRE, name), REASON_OK);
	if (fate != KEY_LOST)
		return;
	snprintf(path, sizeof(path), "%s/signer/keys/%s.key", world.home, name);
	assert_int_equal(unlink(path), 0);
	world_close();
	assert_int_equal(world_open(&why), REASON_OK);
}

static bool
certified(bool voucher, const char *name, unsigned arc, const char *below)
{
	char slot[SLOT_TOKEN_MAX + 1], policy[64];

	snprintf(slot, sizeof(slot), "P%u", arc);
	snprintf(policy, sizeof(policy), OURS ".%u%s", arc, below);
	return voucher ? world_voucher_key(name, policy)
		       : world_issuing_ca(name, slot, policy, 0);
}

static void
row(size_t i, bool voucher_first)
{
	unsigned arc = 10 + 2 * (unsigned)i + voucher_first;
	const char *voucher = rows[i].voucher, *idevid = rows[i].idevid;
	char name[2][KEY_NAME_MAX + 1];

	snprintf(name[0], sizeof(name[0]), "first-%u", arc);
	snprintf(name[1], sizeof(name[1]), "second-%u", arc);
	assert_true(certified(
	    voucher_first, name[0], arc, voucher_first ? voucher : idevid));
	befall(name[0], rows[i].fate);
	if (certified(!voucher_first, name[1], arc,
		voucher_first ? idevid : voucher) != rows[i].apart)
		fail_msg("row %zu, voucher signer first: %d", i, voucher_first);
	if (rows[i].apart)
		return;
	assert_int_equal(world.reply.reason, REASON_CA_MISMATCH);
	/* Whose it is, for whoever must find another policy. */
	assert_non_null(strstr(world.reply.text, name[0]));
}

static void
kept_apart(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row(i, true);
		row(i, false);
	}
}

static struct span
der_of(const char *name, struct buf *file)
{
	char path[100];
	struct why why;

	path_join(path, sizeof(path), world.home, name);
	assert_int_equal(
	    file_read(path, file, CERTIFICATE_MAX, &why), REASON_OK);
	return buf_span(file);
}

/* A voucher signer by openssl's hand, with extensions as told. */
static void
signer_with(const char *name, const char *extensions)
{
	struct key_order k = { .purpose = PURPOSE_VOUCHER,
		.policy = { .kinds = SIGNED_NONCED } };
	struct key_certificate c = { .chain_len = 2 };
	struct buf own, root;

	strcpy(k.name, name);
	strcpy(c.name, name);
	assert_int_equal(order_key(&k), REASON_OK);
	world_write(
	    "v.csr", span_of(world.reply.artifact, world.reply.artifact_len));
	world_write("v.ext", span_str(extensions));
	assert_int_equal(
	    world_shell(
		"cd %s && exec 2>openssl.log && openssl req -x509 -newkey ec "
		"-pkeyopt ec_paramgen_curve:P-256 -nodes -keyout r.key "
		"-subj /CN=R -outform DER -out r.der && openssl x509 -req "
		"-in v.csr -inform DER -CA r.der -CAkey r.key -days 9 -extfile "
		"v.ext -outform DER -out v.der"),
	    0);
	c.chain[0] = der_of("v.der", &own);
	c.chain[1] = der_of("r.der", &root);
	/* openssl dates it by the real time, which comes long after the world's. */
	assert_int_equal(order_certificate(&c), REASON_CA_MISMATCH);
	assert_non_null(strstr(world.reply.text, "it is not valid yet"));
	clock_set_test(time(NULL) + 60);
	assert_int_equal(order_act(ACT_CLOCK_CONFIRM, ""), REASON_OK);
	assert_int_equal(order_certificate(&c), REASON_OK);
	buf_free(&own);
	buf_free(&root);
}

/* IP 6: an extension of that OID may stand for a voucher signer's policy, never for
 * that of an issuing CA. */
static void
private_extension(void **state)
{
	(void)state;
	signer_with("v-1",
	    "basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\n"
	    "1.3.6.1.4.1.32473.6=DER:0500\n" OURS "=DER:0500\n");
	assert_false(world_issuing_ca("P1-1", "P1", OURS, 0));
	assert_int_equal(world.reply.reason, REASON_CA_MISMATCH);
	assert_false(
	    world_issuing_ca("P2-1", "P2", "1.3.6.1.4.1.32473.6.1", 0));
	assert_true(world_issuing_ca("P3-1", "P3", "1.3.6.1.4.1.32473.4", 0));
	assert_int_equal(order_act(LEDGER_VERB_RETIRE, "P3-1"), REASON_OK);
}

/* What a certificate asserts that is gone nobody knows: so nothing is let in by its
 * absence, and what asserts nothing is not held up by it. */
static void
certificate_gone(void **state)
{
	(void)state;
	assert_true(world_voucher_key("v-1", OURS));
	assert_int_equal(
	    world_shell("mv %s/signer/keys/v-1.pem %s/v-1.pem"), 0);
	assert_false(world_issuing_ca("P1-1", "P1", OURS ".7", 0));
	assert_non_null(strstr(world.reply.text, "v-1.pem"));
	/* Another key's is not this one's. */
	assert_int_equal(world_shell("cp %s/signer/keys/" VOUCHER_KEY
				     ".pem %s/signer/keys/v-1.pem"),
	    0);
	assert_false(world_issuing_ca("P2-1", "P2", OURS ".7", 0));
	assert_non_null(strstr(world.reply.text, "v-1.pem"));
	assert_true(world_issuing_ca("P3-1", "P3", NULL, 0));
	assert_int_equal(
	    world_shell("mv %s/v-1.pem %s/signer/keys/v-1.pem"), 0);
	assert_false(world_issuing_ca("P4-1", "P4", OURS ".7", 0));
	assert_int_equal(world.reply.reason, REASON_CA_MISMATCH);
	assert_true(world_issuing_ca("P5-1", "P5", OURS "1", 0));
}

/* A key that never had a certificate asserts nothing. */
static void
never_certified(void **state)
{
	struct key_order k = { .purpose = PURPOSE_VOUCHER,
		.name = "v-1",
		.policy = { .kinds = SIGNED_NONCED } };

	(void)state;
	assert_int_equal(order_key(&k), REASON_OK);
	assert_true(world_issuing_ca("P1-1", "P1", OURS, 0));
	assert_int_equal(order_act(LEDGER_VERB_RETIRE, "v-1"), REASON_OK);
	assert_true(world_issuing_ca("P2-1", "P2", OURS, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(kept_apart),
		CASE(private_extension),
		CASE(certificate_gone),
		CASE(never_certified),
	};

	return cmocka_run_group_tests(tests, world_make, world_remove);
}
