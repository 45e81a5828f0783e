/* See fixture.h. */
#include "fixture.h"

#include <unistd.h>

const char *spy_breaks;
size_t spy_rows;
int64_t spy_sorts_in;
bool spy_busy;
unsigned spy_steps, spy_told;

struct spied {
	row_call row;
	void *context;
};

static bool
spy_row(void *context, const struct value *row, unsigned n)
{
	const struct spied *s = context;

	spy_rows++;
	return s->row(s->context, row, n);
}

static enum statement_result
spy_run(void *database, const char *sql, const struct value *values, unsigned n,
    row_call row, void *context)
{
	struct spied s = { row, context };

	if (spy_breaks != NULL &&
	    strncmp(sql, spy_breaks, strlen(spy_breaks)) == 0)
		return STATEMENT_FAILED;
	return sqlite_driver.run(
	    database, sql, values, n, row == NULL ? NULL : spy_row, &s);
}

static void
lasts(void)
{
	spy_steps++;
	spy_told += spy_busy;
	spy_busy = false;
}

static void *
spy_open(const char *where, bool create, struct why *why)
{
	lasts();
	return sqlite_driver.open(where, create, why);
}

static void
spy_close(void *database, bool untouched)
{
	sqlite_driver.close(database, untouched);
}

static bool
take_setting(void *context, const struct value *row, unsigned n)
{
	(void)n;
	*(int64_t *)context = row[0].number;
	return false;
}

static bool
spy_script(void *database, const char *sql, struct why *why)
{
	if (strstr(sql, "CREATE INDEX") != NULL)
		(void)sqlite_driver.run(database, "PRAGMA temp_store", NULL, 0,
		    take_setting, &spy_sorts_in);
	if (strstr(sql, "COMMIT") != NULL)
		lasts();
	return sqlite_driver.script(database, sql, why);
}

static bool
spy_bulk(void *database, bool begins, struct why *why)
{
	if (!begins)
		lasts();
	return sqlite_driver.bulk(database, begins, why);
}

static void
spy_watch(void *database, void (*call)(void *context), void *context)
{
	sqlite_driver.watch(database, call, context);
}

const struct driver spy_driver = { "spy", spy_open, spy_close, spy_run,
	spy_script, spy_bulk, spy_watch };

int
fixture_open(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *base = getenv("TMPDIR");
	struct why why;

	snprintf(f->folder, sizeof(f->folder), "%s/hallmark-store.XXXXXX",
	    base == NULL ? P_tmpdir : base);
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/store.db", f->folder);
	assert_int_equal(
	    store_open(&spy_driver, f->path, true, NULL, &f->store, &why),
	    REASON_OK);
	spy_breaks = NULL;
	*state = f;
	return 0;
}

int
fixture_close(void **state)
{
	static const char *const tails[] = { "", "-wal", "-shm", "-journal" };
	struct fixture *f = *state;
	char path[sizeof(f->path) + 16];
	size_t i;

	store_close(f->store);
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s%s", f->path, tails[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->folder);
	free(f);
	return 0;
}

void
fixture_again(struct fixture *f)
{
	struct why why;

	store_close(f->store);
	f->store = NULL;
	assert_int_equal(
	    store_open(&spy_driver, f->path, false, NULL, &f->store, &why),
	    REASON_OK);
}

static void
note(void *context, bool good)
{
	*(bool *)context = good;
}

bool
committed(struct store *s)
{
	bool good = false;

	store_group_submit(s, note, &good);
	return good;
}

struct record
voucher_record(uint64_t sequence, const char *serial, const char *nonce)
{
	struct record r = { .sequence = sequence,
		.time = (int64_t)sequence * 10,
		.kind = RECORD_VOUCHER };

	memset(r.signer, 7, sizeof(r.signer));
	memset(r.request_sha256, (int)sequence, HASH_SIZE);
	snprintf(r.voucher.serial, sizeof(r.voucher.serial), "%s", serial);
	snprintf(r.voucher.nonce, sizeof(r.voucher.nonce), "%s", nonce);
	r.voucher.issuer = some_device(1).device.issuer;
	r.voucher.created_on = r.time;
	r.voucher.assertion = ASSERTION_LOGGED;
	memset(r.voucher.pin_spki_sha256, 0x55, HASH_SIZE);
	memset(r.voucher.domain_id, 0x66, 20);
	r.voucher.domain_id_len = 20;
	return r;
}

/* Units of one maker, each with its own key. */
struct store_device
some_device(unsigned number)
{
	struct store_device d = { .certificate = span_of("certificate", 11),
		.added = 5 };

	snprintf(d.device.serial, sizeof(d.device.serial), "U-%05u", number);
	memcpy(d.device.product, "router-9", 9);
	d.device.issuer.kind = ISSUER_KEY_ID;
	d.device.issuer.len = 20;
	memset(d.device.issuer.bytes, 0x11, 20);
	memcpy(d.device.spki_sha256, &number, sizeof(number));
	memset(d.device.tag, 0x22, HASH_SIZE);
	d.device.state = DEVICE_ACTIVE;
	d.device.origin = ORIGIN_ISSUED;
	return d;
}
