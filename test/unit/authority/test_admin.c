/* Operators: products, keys, issuing, imports, devices. */
#include "world.h"

#include <sys/wait.h>
#include <unistd.h>

#include "../base/capture.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "crypto/hash/hash.h"
#include "judge.h"

static void
products(void **state)
{
	struct world *w = *state;
	const char *json;

	world_ready(w, 0);
	json = done(w, "product.show", ARGUMENTS({ "name", "router-9" }));
	assert_string_equal(text_at(json, "token"), "AR9");
	assert_string_equal(text_at(json, "pin"), "by-format");
	assert_string_equal(text_at(json, "pin-kind"), "certificate");
	assert_string_equal(text_at(json, "formats"), "cms");
	assert_string_equal(text_at(json, "check-character"), "false");
	assert_string_equal(text_at(json, "counter-width"), "6");
	refused(w, REASON_PRODUCT_EXISTS, "product.add",
	    ARGUMENTS({ "name", "router-9" }, { "import-only", "yes" }));
	refused(w, REASON_PRODUCT_UNKNOWN, "product.set",
	    ARGUMENTS({ "name", "router-8" }, { "pin", "end-entity" }));
	refused(w, REASON_PRODUCT_SYNTAX, "product.set",
	    ARGUMENTS({ "name", "router-9" }, { "pin", "nothing" }));
	refused(w, REASON_ADMIN_ARGUMENT, "product.set", NULL);
	(void)done(w, "product.set",
	    ARGUMENTS({ "name", "router-9" }, { "token", "AR10" },
		{ "pin", "end-entity" }));
	/* O is read as 0, I and L as 1 (IP 5.2). */
	refused(w, REASON_PRODUCT_SYNTAX, "product.add",
	    ARGUMENTS({ "name", "router-10" }, { "token", "ARIO" },
		{ "masa-url", "masa.example.com" }));
	(void)done(w, "product.add",
	    ARGUMENTS({ "name", "foreign" }, { "import-only", "yes" }));
	json = done(w, "product.list", NULL);
	assert_string_equal(text_at(json, "products.0.name"), "foreign");
	assert_string_equal(text_at(json, "products.1.token"), "AR10");
	assert_string_equal(text_at(json, "products.1.pin"), "end-entity");
}

static void
roles(void **state)
{
	struct world *w = *state;

	world_ready(w, 0);
	w->operator.user = 4711;
	refused(w, REASON_ADMIN_ROLE, "product.list", NULL);
	w->operator.user = 0;
	refused(w, REASON_ADMIN_ARGUMENT, "product.burn", NULL);
}

/* Nothing is changed before the record of the act is there, and no second change
 * is begun: the act says what the product is like. */
static void
acts(void **state)
{
	struct world *w = *state;

	world_ready(w, 0);
	command(w, "product.add",
	    ARGUMENTS({ "name", "foreign" }, { "import-only", "yes" }));
	command(w, "product.add",
	    ARGUMENTS({ "name", "foreign" }, { "import-only", "no" },
		{ "token", "FO" }, { "masa-url", "masa.example.com" }));
	(void)told(w, REASON_UNAVAILABLE); /* one at a time */
	assert_int_equal(w->signer.len, 1);
	puppet_obey(w);
	expect_nothing(&w->operator); /* not committed */
	drained(w);
	(void)told(w, REASON_OK);
	command(w, "product.add",
	    ARGUMENTS({ "name", "other" }, { "import-only", "yes" }));
	w->refuses = REASON_CLOCK_STEP;
	puppet_obey(w);
	(void)told(w, REASON_CLOCK_STEP);
	refused(w, REASON_PRODUCT_UNKNOWN, "product.show",
	    ARGUMENTS({ "name", "other" }));
	(void)done(w, "clock.confirm", NULL);
}

static const char *
voucher_key(const struct world *w, const char *product)
{
	struct key_use use = { SIGNED_NONCED, product, "AR9-F1-000001" };

	return key_for(w->a, &use)->name;
}

static void
keys(void **state)
{
	struct world *w = *state;
	struct request_facts f = good_facts(1, 1);
	const char *json;

	world_ready(w, 1);
	json = done(w, "ca.show", ARGUMENTS({ "name", "issuing-1" }));
	assert_string_equal(text_at(json, "state"), "active");
	assert_string_equal(text_at(json, "slot"), "F1");
	assert_string_equal(text_at(json, "limit"), "1000");
	assert_string_equal(text_at(json, "chain.0"), "Y2E=");
	assert_string_equal(text_at(json, "chain.1"), "cm9vdA==");
	assert_string_equal(text_at(json, "chain.2"), "absent");
	refused(w, REASON_CA_UNKNOWN, "ca.show", ARGUMENTS({ "name", "x" }));
	refused(w, REASON_CA_UNKNOWN, "ca.import",
	    ARGUMENTS({ "name", "issuing-1" }, { "chain.0", "a" },
		{ "chain.1", "b" }));
	refused(w, REASON_ADMIN_ARGUMENT, "ca.import",
	    ARGUMENTS({ "name", "issuing-2" }));
	refused(w, REASON_ADMIN_ARGUMENT, "ca.request",
	    ARGUMENTS({ "purpose", "idevid-ca" }, { "name", "issuing-2" }));
	refused(w, REASON_PRODUCT_UNKNOWN, "ca.request",
	    ARGUMENTS(
		{ "purpose", "voucher" }, { "name", "v" }, { "product", "x" }));

	/* A key that waits for its certificate signs nothing; the newest of a
	 * product's own does. */
	(void)done(w, "ca.request",
	    ARGUMENTS({ "purpose", "voucher" }, { "name", "voucher-2" },
		{ "product", "router-9" }));
	assert_string_equal(voucher_key(w, "router-9"), "voucher-1");
	/* The chain that stays is the one that the signer was given. */
	command(w, "ca.import",
	    ARGUMENTS({ "name", "voucher-2" }, { "chain.0", "leaf" },
		{ "chain.1", "root" }));
	refused(w, REASON_CA_UNKNOWN, "ca.import",
	    ARGUMENTS({ "name", "voucher-2" }, { "chain.0", "leaf" },
		{ "chain.1", "another" }));
	drained(w);
	while (w->signer.len > 0) {
		puppet_obey(w);
		drained(w);
	}
	(void)told(w, REASON_OK);
	json = done(w, "ca.show", ARGUMENTS({ "name", "voucher-2" }));
	assert_string_equal(text_at(json, "chain.1"), "cm9vdA==");
	assert_string_equal(voucher_key(w, "router-9"), "voucher-2");
	assert_string_equal(voucher_key(w, "other"), "voucher-1");
	/* Who takes a key out of use says why, in a word. */
	refused(w, REASON_ADMIN_ARGUMENT, "ca.retire",
	    ARGUMENTS({ "name", "issuing-1" }));
	refused(w, REASON_ADMIN_ARGUMENT, "ca.retire",
	    ARGUMENTS({ "name", "issuing-1" }, { "reason", "old" }));
	/* One whose days are over makes room for the one before. */
	json = done(w, "ca.policy",
	    ARGUMENTS({ "name", "voucher-2" }, { "last-day", "2020-01-01" }));
	assert_string_equal(voucher_key(w, "router-9"), "voucher-1");
	(void)done(w, "ca.policy",
	    ARGUMENTS({ "name", "voucher-2" }, { "last-day", "none" },
		{ "limit", "7" }, { "rate", "5/minute" }));
	assert_string_equal(voucher_key(w, "router-9"), "voucher-2");
	json = done(w, "ca.show", ARGUMENTS({ "name", "voucher-2" }));
	assert_string_equal(text_at(json, "limit"), "7");
	assert_string_equal(text_at(json, "rate"), "5/minute");
	assert_string_equal(text_at(json, "products.0"), "router-9");
	assert_string_equal(text_at(json, "kinds"), "nonced");
	assert_string_equal(text_at(json, "issued"), "0");
	json = done(w, "ca.show", ARGUMENTS({ "name", "issuing-1" }));
	assert_string_equal(text_at(json, "retired-for"), "null");
	refused(w, REASON_CA_UNKNOWN, "ca.policy",
	    ARGUMENTS({ "name", "x" }, { "limit", "1" }));
	refused(w, REASON_ADMIN_ARGUMENT, "ca.policy",
	    ARGUMENTS({ "name", "voucher-2" }, { "limit", "many" }));
	refused(w, REASON_ADMIN_ARGUMENT, "ca.policy",
	    ARGUMENTS({ "name", "voucher-2" }, { "kinds", "idevid" }));
	refused(w, REASON_PRODUCT_UNKNOWN, "ca.policy",
	    ARGUMENTS({ "name", "voucher-2" }, { "product", "router-9,x" }));
	(void)done(w, "ca.retire",
	    ARGUMENTS({ "name", "voucher-2" }, { "reason", "compromised" }));
	json = done(w, "ca.show", ARGUMENTS({ "name", "voucher-2" }));
	assert_string_equal(text_at(json, "state"), "retired");
	assert_string_equal(text_at(json, "retired-for"), "compromised");
	(void)done(w, "ca.retire",
	    ARGUMENTS({ "name", "voucher-1" }, { "reason", "superseded" }));
	ask(w, 1, &f);
	expect_answer(w, 1, REASON_KEY_UNAVAILABLE, NULL);
	json = done(w, "service.status", NULL);
	assert_string_equal(text_at(json, "voucher-keys.retired"), "2");
	assert_string_equal(text_at(json, "issuing-cas.active"), "1");
	assert_string_equal(text_at(json, "devices"), "1");
	assert_string_equal(text_at(json, "synced"), "true");
}

static void
issuing(void **state)
{
	struct world *w = *state;
	const char *json;

	world_ready(w, 1);
	csr(w, 2, NULL, "");
	/* Reserved and committed before the signer is asked. */
	assert_int_equal(w->signer.sent[0].type, MESSAGE_SIGN_IDEVID);
	assert_false(store_group_open(w->a->store));
	/* Who orders the same key meanwhile is told so. */
	csr(w, 2, NULL, "");
	(void)told(w, REASON_KEY_DUPLICATE);
	puppet_obey(w);
	expect_nothing(&w->operator);
	drained(w);
	json = told(w, REASON_OK);
	assert_string_equal(text_at(json, "serial"), "AR9-F1-000002");
	assert_string_equal(text_at(json, "chain.1"), "cm9vdA==");
	csr(w, 2, NULL, "");
	(void)told(w, REASON_KEY_DUPLICATE);

	/* The serial comes from the order; a CSR may only agree. */
	csr(w, 3, NULL, "AR9-F1-000009");
	(void)told(w, REASON_SERIAL_MISMATCH);
	csr(w, 3, "AR9-F1-000009", "AR9-F1-000009");
	issued(w, "AR9-F1-000009");
	csr(w, 4, "AR9-F1-000009", "");
	(void)told(w, REASON_SERIAL_USED);
	csr(w, 4, "AR9-F2-000001", "");
	(void)told(w, REASON_SERIAL_SLOT);
	csr(w, 4, NULL, "AR9-F1-00000A");
	issued(w, "AR9-F1-00000A");
}

/* While an authority lives no other one opens its home. */
static void
second(void **state)
{
	struct authority *other = calloc(1, sizeof(*other));
	struct why why;

	(void)state;
	assert_non_null(other);
	assert_int_equal(
	    authority_calls.start(other, NULL, &why), REASON_HOME_LOCKED);
	close(other->lock);
	free(other);
}

/* Lost between reservation and certificate: the same key gets the same serial,
 * or, where the signer has gone past it, the next one, and the old is burnt. */
static void
issuing_again(void **state)
{
	struct world *w = *state;
	struct store_serial s;

	world_ready(w, 0);
	csr(w, 1, NULL, "");
	world_again(w);
	puppet_sync(w);
	csr(w, 1, NULL, "");
	issued(w, "AR9-F1-000001");
	assert_true(store_serial_find(w->a->store, "AR9-F1-000001", "", &s));
	assert_int_equal(s.state, SERIAL_ISSUED);

	csr(w, 2, NULL, "");
	w->refuses = REASON_SERIAL_USED;
	puppet_obey(w);
	expect_nothing(&w->signer); /* the next one is not committed yet */
	drained(w);
	/* It is this order's: who orders the same key meanwhile is told so. */
	assert_int_equal(w->signer.len, 1);
	csr(w, 2, NULL, "");
	(void)told(w, REASON_KEY_DUPLICATE);
	assert_int_equal(w->signer.len, 1);
	issued(w, "AR9-F1-000003");
	assert_true(store_serial_find(w->a->store, "AR9-F1-000002", "", &s));
	assert_int_equal(s.state, SERIAL_BURNT);
	/* Twice in a row is not normal. */
	csr(w, 4, NULL, "");
	w->refuses = REASON_SERIAL_USED;
	puppet_obey(w);
	drained(w);
	w->refuses = REASON_SERIAL_USED;
	puppet_obey(w);
	(void)told(w, REASON_SERIAL_USED);
}

/* A certificate whose record went down with a lost commit is not handed out;
 * the journal brings the record again, the reservation is still there. */
static void
commit_lost(void **state)
{
	struct world *w = *state;
	struct store_serial s;
	struct sent head;

	world_ready(w, 0);
	csr(w, 1, NULL, "");
	store_group_spoil(w->a->store);
	drained(w);
	puppet_obey(w);
	drained(w);
	(void)told(w, REASON_STORE_FAILED);
	assert_int_equal(store_count(w->a->store, TABLE_DEVICE), 0);
	authority_calls.tick(w->a);
	head = take(&w->signer, MESSAGE_HEAD);
	buf_free(&head.payload);
	puppet_repeat(w, 1);
	assert_true(w->a->synced);
	assert_true(store_serial_find(w->a->store, "AR9-F1-000001", "", &s));
	assert_int_equal(s.state, SERIAL_RESERVED);
	csr(w, 1, NULL, "");
	issued(w, "AR9-F1-000001");
}

/* What refuses a row of a group that is lost is no key that stands twice. */
static void
broken_group(void **state)
{
	struct world *w = *state;

	world_ready(w, 0);
	csr(w, 1, NULL, "");
	drained(w);
	store_group_spoil(w->a->store);
	puppet_obey(w);
	(void)told(w, REASON_STORE_FAILED);
}

/* --- imports --- */

static void
imports(void **state)
{
	struct world *w = *state;

	world_ready(w, 1);
	refused(w, REASON_PRODUCT_SYNTAX, "device.import",
	    ARGUMENTS({ "product", "router-9" }, { "certificate", "d" },
		{ "ca", "c" }));
	(void)done(w, "product.add",
	    ARGUMENTS({ "name", "foreign" }, { "import-only", "yes" }));
	refused(w, REASON_PRODUCT_SYNTAX, "issue.csr",
	    ARGUMENTS({ "product", "foreign" }, { "csr", "request" }));
	imported(w, "00-D0-E5-F2-00-02", 1, 1);
	/* They stay with the device, also for whoever counts (IP 10). */
	assert_string_equal(
	    text_at(done(w, "device.show",
			ARGUMENTS({ "serial", "00-D0-E5-F2-00-02" })),
		"devices.0.warnings"),
	    "L01 L05");
	import(w, "00-D0-E5-F2-00-03", 1, 1);
	(void)told(w, REASON_KEY_DUPLICATE);
	import(w, "00-D0-E5-F2-00-02", 2, 1);
	(void)told(w, REASON_SERIAL_USED);
	import(w, "AR9-F1-000001", 2, 1);
	(void)told(w, REASON_SERIAL_USED);
	imported(w, "00-D0-E5-F2-00-02", 2, 2);
}

/* A second of the service; what it says on stderr. */
static void
tick(struct world *w, char *said, size_t cap)
{
	int ends[2], before = dup(STDERR_FILENO);
	ssize_t got;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	authority_calls.tick(w->a);
	drained(w);
	assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
	close(before);
	got = read(ends[0], said, cap - 1);
	said[got < 0 ? 0 : got] = '\0';
	close(ends[0]);
}

/* A maker whose certificates all have one number: a store of before tells of it once a
 * tick, not once a device, and counts them all. */
static void
numbers_repeated(void **state)
{
	/* As much of a certificate as has its number. */
	static const uint8_t certificate[] = { 0x30, 0x0a, 0x30, 0x08, 0xa0,
		0x03, 0x02, 0x01, 0x02, 0x02, 0x01, 0x07 };
	struct store_device d = { .certificate = span_of(
				      certificate, sizeof(certificate)) };
	struct store_number_fill fill = { 0 };
	static char said[65536];
	struct world *w = *state;
	const char *json, *line;
	unsigned i;

	world_ready(w, 0);
	(void)done(w, "product.add",
	    ARGUMENTS({ "name", "foreign" }, { "import-only", "yes" }));
	memcpy(d.device.product, "foreign", 8);
	d.device.issuer.kind = ISSUER_KEY_ID;
	d.device.issuer.len = 20;
	d.device.state = DEVICE_ACTIVE;
	d.device.origin = ORIGIN_IMPORTED;
	for (i = 0; i < 200; i++) {
		snprintf(d.device.serial, sizeof(d.device.serial), "S-%03u", i);
		sha256(span_of(&i, sizeof(i)), d.device.spki_sha256);
		assert_true(store_device_add(w->a->store, &d));
	}
	assert_true(store_number_filled(w->a->store, &fill));
	drained(w);
	w->a->numbers_done = false;
	tick(w, said, sizeof(said));
	line = strstr(said, "number-repeated");
	assert_non_null(line);
	assert_null(strstr(line + 1, "number-repeated"));
	assert_non_null(strstr(line, "devices=\"199\""));
	assert_non_null(strstr(line, "serial=\"S-001\" other=\"S-000\""));
	json = done(w, "service.status", NULL);
	assert_string_equal(text_at(json, "numbers-repeated"), "199");
}

/* What ends the authority, in a child; and the sentence that it then says. */
static struct {
	struct world *w;
	struct peer *by;
	uint64_t id;
	const struct message_inspected *m;
} last_word;

static void
say_import(void)
{
	import_found(last_word.w, "00-D0-E5-F2-00-02", 9, 9);
}

static void
say_inspected(void)
{
	inspected(last_word.w, last_word.by, last_word.id, last_word.m);
}

static void
ends_it(void (*say)(void), const char *sentence)
{
	char said[1024];
	int status = capture(say, said, sizeof(said));

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FATAL_STATUS);
	if (strstr(said, sentence) == NULL)
		fail_msg("it says: %s", said);
}

/* A checker that was asked about a request must not make a device of its own of it,
 * in a product that takes none: that ends the authority. */
static void
another_kind(void **state)
{
	struct world *w = *state;

	world_ready(w, 1);
	command(w, "issue.csr",
	    ARGUMENTS({ "product", "router-9" }, { "csr", "request" }));
	last_word.w = w;
	ends_it(say_import, "INSPECTED of another kind");
}

/* What one checker was asked, another must not answer, although it can tell the
 * number: who owns one owns what that one is shown, and no more. */
static void
another_checker(void **state)
{
	struct world *w = *state;
	struct peer *other = calloc(1, sizeof(*other));
	struct message_inspected m = { .kind = INSPECT_CSR };
	uint64_t id;

	assert_non_null(other);
	other->role = ROLE_CHECKER;
	other->index = 1;
	world_ready(w, 1);
	id = csr_shown(w);
	m.csr.spki = span_str("its own");
	memset(m.csr.spki_sha256, 9, HASH_SIZE);
	last_word.w = w;
	last_word.by = other;
	last_word.id = id;
	last_word.m = &m;
	ends_it(say_inspected,
	    "INSPECTED for something that nobody asked it about");
	/* From who was asked the same is an answer. */
	inspected(w, &w->checker, id, &m);
	drained(w);
	puppet_obey(w);
	drained(w);
	(void)told(w, REASON_OK);
	free(other);
}

/* Nor may it say what is not in the file. */
static void
another_file(void **state)
{
	struct world *w = *state;
	struct message_inspected m = { .kind = INSPECT_CSR };

	world_ready(w, 1);
	last_word.w = w;
	last_word.by = &w->checker;
	last_word.id = csr_shown(w);
	last_word.m = &m;
	w->lied = true;
	ends_it(say_inspected, "INSPECTED of what the file does not have");
	/* A refusal says nothing of it. */
	m.reason = REASON_KEY_WEAK;
	inspected(w, &w->checker, last_word.id, &m);
	(void)told(w, REASON_KEY_WEAK);
}

/* --- devices --- */

static void
pages(void **state)
{
	struct world *w = *state;
	const char *json;

	world_ready(w, 3);
	(void)done(w, "product.add",
	    ARGUMENTS({ "name", "foreign" }, { "import-only", "yes" }));
	imported(w, "TWIN", 1, 1);
	imported(w, "TWIN", 2, 2);
	imported(w, "UNIT", 3, 1);
	json = done(w, "device.list", ARGUMENTS({ "limit", "2" }));
	assert_string_equal(text_at(json, "devices.1.serial"), "AR9-F1-000002");
	assert_string_equal(text_at(json, "devices.2"), "absent");
	assert_string_equal(text_at(json, "next"), "AR9-F1-000002");
	/* Twins are not torn apart. */
	json = done(w, "device.list",
	    ARGUMENTS({ "limit", "2" }, { "after", "AR9-F1-000002" }));
	assert_string_equal(text_at(json, "devices.2.serial"), "TWIN");
	assert_string_equal(text_at(json, "next"), "TWIN");
	json = done(w, "device.list", ARGUMENTS({ "after", "TWIN" }));
	assert_string_equal(text_at(json, "devices.0.serial"), "UNIT");
	assert_string_equal(text_at(json, "next"), "null");
	json = done(w, "device.list", ARGUMENTS({ "product", "router-9" }));
	assert_string_equal(text_at(json, "devices.3"), "absent");
	refused(w, REASON_ADMIN_ARGUMENT, "device.list",
	    ARGUMENTS({ "limit", "1001" }));
	refused(w, REASON_ADMIN_ARGUMENT, "device.list",
	    ARGUMENTS({ "state", "lost" }));
}

static void
holds(void **state)
{
	struct world *w = *state;
	static const char one[] = "0101010101010101010101010101010101010101";
	const char *json;

	world_ready(w, 0);
	(void)done(w, "product.add",
	    ARGUMENTS({ "name", "foreign" }, { "import-only", "yes" }));
	imported(w, "TWIN", 1, 1);
	imported(w, "TWIN", 2, 2);
	refused(w, REASON_DEVICE_UNKNOWN, "device.hold",
	    ARGUMENTS({ "serial", "UNIT" }));
	refused(w, REASON_ADMIN_ARGUMENT, "device.hold",
	    ARGUMENTS({ "serial", "TWIN" }));
	(void)done(w, "device.hold",
	    ARGUMENTS({ "serial", "TWIN" }, { "issuer", one },
		{ "reason", "stolen" }));
	json = done(w, "device.show",
	    ARGUMENTS({ "serial", "TWIN" }, { "issuer", one }));
	assert_string_equal(text_at(json, "devices.0.state"), "held");
	assert_string_equal(
	    text_at(json, "devices.0.rulings.0.reason"), "stolen");
	assert_string_equal(text_at(json, "devices.0.issuer-key-id"), one);
	assert_string_equal(text_at(json, "devices.1"), "absent");
	json = done(w, "device.list", ARGUMENTS({ "state", "held" }));
	assert_string_equal(text_at(json, "devices.1"), "absent");
	(void)done(w, "device.release",
	    ARGUMENTS({ "serial", "TWIN" }, { "issuer", one }));
	json = done(w, "device.list", ARGUMENTS({ "state", "held" }));
	assert_string_equal(text_at(json, "devices.0"), "absent");
}

/* An operator who comes before the signer does is not sent away. */
static void
patience(void **state)
{
	struct world *w = *state;

	command(w, "product.add",
	    ARGUMENTS({ "name", "foreign" }, { "import-only", "yes" }));
	command(w, "product.list", NULL); /* needs no signer */
	assert_string_equal(
	    text_at(told(w, REASON_OK), "products.0"), "absent");
	drained(w);
	expect_nothing(&w->operator);
	puppet_sync(w);
	puppet_obey(w);
	drained(w);
	(void)told(w, REASON_OK);
}

/* The operator hangs up in the middle: the work is done, nobody is told. */
static void
hung_up(void **state)
{
	struct world *w = *state;
	struct device d;

	world_ready(w, 0);
	csr(w, 1, NULL, "");
	authority_calls.lost(w->a, &w->operator);
	puppet_obey(w);
	drained(w);
	expect_nothing(&w->operator);
	assert_int_equal(
	    store_device_find(w->a->store, "AR9-F1-000001", &d, 1), 1);
}

/* A checker that dies with a file in its hands. */
static void
checker_lost(void **state)
{
	struct world *w = *state;

	world_ready(w, 0);
	(void)csr_shown(w);
	w->checker.gone = true;
	authority_calls.lost(w->a, &w->checker);
	(void)told(w, REASON_UNAVAILABLE);
	refused(w, REASON_UNAVAILABLE, "issue.csr",
	    ARGUMENTS({ "product", "router-9" }, { "csr", "request" }));
}

/* A checker that says nothing, and in the end too late. */
static void
checker_silent(void **state)
{
	struct message_inspected m = { .kind = INSPECT_CSR };
	struct world *w = *state;
	struct pending *p;
	uint64_t id;

	world_ready(w, 0);
	id = csr_shown(w);
	p = pending_find(w->a, id);
	assert_non_null(p);
	p->since -= CHECKER_PATIENCE * 1000 - 30000;
	authority_calls.tick(w->a);
	assert_ptr_equal(pending_find(w->a, id), p);
	p->since -= 31000;
	authority_calls.tick(w->a);
	(void)told(w, REASON_UNAVAILABLE);
	assert_null(pending_find(w->a, id));
	m.csr.spki = span_str("late");
	inspected(w, &w->checker, id, &m);
	drained(w);
	assert_int_equal(store_count(w->a->store, TABLE_DEVICE), 0);
}

/* Who asked is on record, also one who did not wait for it. */
static void
asker_gone(void **state)
{
	struct message_inspected m = { .kind = INSPECT_CERTIFICATE };
	struct world *w = *state;
	struct message_act act;
	struct cbor in;
	struct sent s;

	world_ready(w, 0);
	w->owner = w->operator.user = 4711;
	command(w, "public-ca.add", ARGUMENTS({ "certificate", "x" }));
	s = take(&w->checker, MESSAGE_INSPECT);
	buf_free(&s.payload);
	authority_calls.lost(w->a, &w->operator);
	m.certificate.entry.ca = true;
	m.certificate.entry.domain_id_len = 1;
	m.certificate.entry.certificate = span_str("x");
	inspected(w, &w->checker, s.id, &m);
	drained(w);
	s = take(&w->signer, MESSAGE_ACT);
	cbor_open(&in, buf_span(&s.payload), true);
	assert_true(message_act_get(&in, &act));
	assert_int_equal(act.user, 4711);
	buf_free(&s.payload);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_open, world_close)

static void
find_created(void *context, const struct store_ca *ca)
{
	if (strcmp(ca->name, "issuing-1") == 0)
		*(int64_t *)context = ca->created;
}

/* What is remembered of a key is the key's, also when another one of its second
 * comes to stand before it in the list. */
static void
keys_of_one_second(void **state)
{
	struct world *w = *state;
	struct record r = { .kind = RECORD_KEY };
	struct key_entry *k = NULL;
	unsigned i, at = 0;

	world_ready(w, 1);
	for (i = 0; i < w->a->keys_len; i++)
		if (strcmp(w->a->keys[i].name, "issuing-1") == 0)
			k = &w->a->keys[at = i];
	assert_non_null(k);
	k->turn = 77;
	k->warned = 80;
	store_ca_each(w->a->store, find_created, &r.time);
	r.key.order =
	    (struct key_order){ .purpose = PURPOSE_VOUCHER, .name = "before" };
	assert_true(store_ca_add(w->a->store, &r));
	keys_load(w->a);
	assert_string_equal(w->a->keys[at + 1].name, "issuing-1");
	assert_int_equal(w->a->keys[at + 1].turn, 77);
	assert_int_equal(w->a->keys[at + 1].warned, 80);
	assert_int_equal(key_by_name(w->a, "before")->turn, 0);
	assert_int_equal(key_by_name(w->a, "before")->warned, 0);
}

/* Until the keys are read again. */
static void
ends_at(struct world *w, const char *name, int64_t end)
{
	((struct key_entry *)(uintptr_t)key_by_name(w->a, name))->not_after =
	    end;
}

static void
new_voucher_key(struct world *w, const char *name, bool raw)
{
	(void)done(w, "ca.request",
	    ARGUMENTS({ "purpose", "voucher" }, { "name", name }));
	(void)done(w, "ca.import",
	    ARGUMENTS({ "name", name }, { "chain.0", "leaf" },
		{ raw ? "ignored" : "chain.1", "root" }));
}

static struct ledger_key *
key_of(struct world *w, const char *name)
{
	return (struct ledger_key *)(uintptr_t)ledger_key_find(
	    &w->a->ledger, name);
}

static struct key_policy *
policy_of(struct world *w, const char *name)
{
	return &key_of(w, name)->order.policy;
}

static void
successor(struct world *w, const char *name)
{
	const char *json = done(w, "service.status", NULL);
	bool first = strcmp(text_at(json, "expiring.0.name"), "voucher-1") == 0;

	assert_string_equal(
	    text_at(json, first ? "expiring.0.name" : "expiring.1.name"),
	    "voucher-1");
	assert_string_equal(
	    text_at(
		json, first ? "expiring.0.successor" : "expiring.1.successor"),
	    name);
}

/* A raw key without an end is no successor of one that pledges trust by its root. */
static void
signer_ends(void **state)
{
	struct world *w = *state;
	struct key_policy *policy;
	char end[CLOCK_TEXT_SIZE];
	const char *json;

	world_ready(w, 0);
	new_voucher_key(w, "raw", true);
	ends_at(w, "raw", 253402300799);
	json = done(w, "service.status", NULL);
	assert_string_equal(text_at(json, "expiring.0.name"), "voucher-1");
	assert_string_equal(text_at(json, "expiring.0.successor"), "null");
	assert_string_equal(text_at(json, "expiring.1.name"), "absent");
	new_voucher_key(w, "next", false);
	ends_at(w, "raw", 253402300799);
	ends_at(w, "next", NOW + 100 * SECONDS_A_DAY);
	successor(w, "next");
	/* It must be there when the first one ends, and may still sign. */
	policy = policy_of(w, "next");
	policy->last_day = NOW / SECONDS_A_DAY - 1;
	successor(w, "null");
	policy->last_day = NOW / SECONDS_A_DAY + 50;
	successor(w, "next");
	policy->first_day = NOW / SECONDS_A_DAY + 49;
	successor(w, "null");
	policy->first_day = NOW / SECONDS_A_DAY;
	policy->limit = 1;
	successor(w, "next");
	key_of(w, "next")->count.issued = 1;
	successor(w, "null");
	/* The policy may end before the certificate does. */
	ends_at(w, "voucher-1", NOW + 1000 * SECONDS_A_DAY);
	json = done(w, "service.status", NULL);
	assert_string_equal(text_at(json, "expiring.0.name"), "absent");
	policy_of(w, "voucher-1")->last_day = NOW / SECONDS_A_DAY + 4;
	successor(w, "null");
	json = done(w, "service.status", NULL);
	clock_print(end, (NOW / SECONDS_A_DAY + 5) * SECONDS_A_DAY - 1);
	assert_string_equal(text_at(json, "expiring.0.end"), end);
	assert_string_equal(text_at(json, "expiring.0.days"), "5");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(products),
		TEST(roles),
		TEST(acts),
		TEST(keys),
		TEST(keys_of_one_second),
		TEST(signer_ends),
		TEST(issuing),
		TEST(issuing_again),
		TEST(second),
		TEST(commit_lost),
		TEST(broken_group),
		TEST(imports),
		TEST(numbers_repeated),
		TEST(another_kind),
		TEST(another_checker),
		TEST(another_file),
		TEST(pages),
		TEST(holds),
		TEST(patience),
		TEST(hung_up),
		TEST(checker_lost),
		TEST(checker_silent),
		TEST(asker_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
