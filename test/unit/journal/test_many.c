/* A signer that has had hundreds of keys: its checkpoints are several records. */
#include <fcntl.h>
#include <sys/stat.h>

#include "copies.h"

/* Of the smallest segments; a checkpoint of these keys needs larger ones. */
#define SMALL	 (10 * RECORD_MAX)
#define KEYS	 600
#define SLOTS	 450
#define PROFILES 100
#define PARTS	 38

static int
make(void **state)
{
	char command[200];

	(void)state;
	if (make_sized(SMALL) != 0)
		return 1;
	snprintf(command, sizeof(command), "cp -a %s %s/empty", dir, top);
	return system(command);
}

static void
add(struct journal *j, struct record r)
{
	if (journal_append(j, &r, SAMPLE_TIME, &why) != REASON_OK)
		fail_msg("%s", why.text);
	assert_int_equal(journal_commit(j, &why), REASON_OK);
	journal_drain(j, ignore, NULL);
}

static struct record
give(unsigned i)
{
	char subject[40];

	snprintf(subject, sizeof(subject), "%c%c%c Graz", 'A' + i / 64,
	    'A' + i / 8 % 8, 'A' + i % 8);
	return sample_act(LEDGER_VERB_GIVE, subject);
}

/* Processes that end are test_journal's: nothing here need reach the disk. */
int
fdatasync(int fd)
{
	return fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}

int
fsync(int fd)
{
	return fdatasync(fd);
}

/* The last segment grew, so that most of it is for records. */
static void
check_size(void)
{
	char path[200];
	struct stat st;
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	snprintf(path, sizeof(path), "%s/%08ld.seg", dir, segment_highest(fd));
	close(fd);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 2 * SMALL);
}

static const struct product *
product(unsigned n, const char *url)
{
	static struct product p;

	product_defaults(&p);
	snprintf(p.name, sizeof(p.name), "product-%u", n);
	snprintf(p.masa_url, sizeof(p.masa_url), "%s", url);
	return &p;
}

static struct record
profile(unsigned n, const char *url)
{
	struct record r = { .kind = RECORD_ACT,
		.act = { .user = 1, .verb = LEDGER_VERB_PRODUCT_SET } };

	profile_subject(product(n, url), r.act.subject);
	return r;
}

/* Keys and slots one by one, over several segments, and what the journal says. */
static struct ledger
life(void)
{
	struct journal *j = reopen();
	struct ledger l;
	uint64_t records;
	char name[KEY_NAME_MAX + 1];
	unsigned i;

	for (i = 0; i < KEYS; i++) {
		/* Neither in order of the names, nor against it. */
		snprintf(name, sizeof(name), "voucher-%u", i * 97 % KEYS);
		add(j, sample_key(PURPOSE_VOUCHER, name));
		add(j, sample_ca(name));
		add(j, sample_voucher(name));
	}
	for (i = 0; i < SLOTS; i++)
		add(j, give(i));
	for (i = 0; i < PROFILES; i++)
		add(j, profile(i, "masa.example.com"));
	add(j, profile(7, "masa.example.net"));
	journal_close(j);
	j = reopen();
	/* Enough of them to reach a segment that opens with all keys. */
	for (i = 0; i < 1500; i++)
		add(j, sample_voucher("voucher-7"));
	journal_close(j);
	assert_int_equal(
	    journal_verify(dir, &l, &records, NULL, NULL, &why), REASON_OK);
	assert_int_equal(l.keys_len, KEYS);
	assert_int_equal(l.slots_len, SLOTS);
	assert_int_equal(l.profiles_len, PROFILES);
	assert_int_equal(ledger_parts(&l), PARTS);
	check_size();
	return l;
}

static void
same(const struct ledger *a, const struct ledger *b)
{
	unsigned i;

	assert_int_equal(a->sequence, b->sequence);
	assert_memory_equal(a->head, b->head, HASH_SIZE);
	assert_int_equal(a->keys_len, b->keys_len);
	assert_int_equal(a->slots_len, b->slots_len);
	for (i = 0; i < a->keys_len; i++)
		assert_string_equal(
		    a->keys[i].order.name, b->keys[i].order.name);
	for (i = 0; i < a->slots_len; i++)
		assert_string_equal(a->slots[i].slot, b->slots[i].slot);
	assert_int_equal(a->profiles_len, b->profiles_len);
	assert_memory_equal(
	    a->profiles, b->profiles, a->profiles_len * sizeof(*a->profiles));
}

/* A start reads one segment: all is in its checkpoint. */
static void
remembers(void **state)
{
	struct ledger l = life();
	struct journal *j = reopen();
	const struct ledger_key *k;
	struct record r = sample_key(PURPOSE_VOUCHER, "voucher-599");

	(void)state;
	same(journal_ledger(j), &l);
	assert_true(journal_ledger(j)->part == PARTS - 1);
	k = ledger_key_find(journal_ledger(j), "voucher-7");
	assert_non_null(k);
	assert_int_equal(k->count.issued, 1501);
	assert_null(ledger_key_find(journal_ledger(j), "voucher-600"));
	assert_int_equal(
	    journal_append(j, &r, SAMPLE_TIME, &why), REASON_JOURNAL_DAMAGED);
	assert_non_null(strstr(why.text, "there is a key voucher-599"));
	journal_close(j);
	ledger_free(&l);
}

/* Record by record from the copy, all parts of all checkpoints included. */
static void
comes_back(void **state)
{
	struct ledger l = life(), again;
	char command[300];
	uint64_t records;

	(void)state;
	assert_int_equal(journal_read(dir, 1, keep, NULL, &why), REASON_OK);
	snprintf(command, sizeof(command),
	    "rm -r %s && cp -a %s/empty %s && find %s -name '0*2.seg' -delete",
	    dir, top, dir, dir);
	assert_int_equal(system(command), 0);
	journal_close(adopted(1));
	assert_int_equal(
	    journal_verify(dir, &again, &records, NULL, NULL, &why), REASON_OK);
	same(&again, &l);
	journal_close(reopen());
	ledger_free(&again);
	ledger_free(&l);
}

/* The store's copy may end inside of a checkpoint. Its other parts follow from the
 * ledger, and are what was lost. */
static void
ends_within(void **state)
{
	uint8_t head[HASH_SIZE];
	struct ledger l = life(), again;
	struct record r;
	char command[300];
	uint64_t records;
	size_t i, opens = 0;

	(void)state;
	assert_int_equal(journal_read(dir, 1, keep, NULL, &why), REASON_OK);
	for (i = 1; i < copied; i++) {
		assert_int_equal(
		    record_read(span_of(copy[i].bytes, copy[i].len), &r, &why),
		    REASON_OK);
		if (ledger_opens(&r))
			opens = i;
	}
	i = opens + PARTS - 1;
	record_hash(span_of(copy[i].bytes, copy[i].len), head);
	while (copied > opens + 3)
		free(copy[--copied].bytes);
	snprintf(command, sizeof(command),
	    "rm -r %s && cp -a %s/empty %s && find %s -name '0*2.seg' -delete",
	    dir, top, dir, dir);
	assert_int_equal(system(command), 0);
	journal_close(adopted(1));
	if (journal_verify(dir, &again, &records, NULL, NULL, &why) !=
	    REASON_OK)
		fail_msg("%s", why.text);
	assert_int_equal(records, opens + PARTS);
	assert_memory_equal(again.head, head, HASH_SIZE);
	journal_close(reopen());
	ledger_free(&again);
	ledger_free(&l);
}

static void
goes_on(void **state)
{
	struct ledger old = life(), new;
	char before[PATH_MAX];
	struct journal *j = reopen();
	uint64_t records;
	bool found;

	(void)state;
	assert_int_equal(
	    journal_succeed(j, dir, 0, 1000, SAMPLE_TIME, &why), REASON_OK);
	journal_close(j);
	assert_int_equal(
	    journal_verify(dir, &new, &records, NULL, NULL, &why), REASON_OK);
	assert_int_equal(records, PARTS + 1); /* checkpoint, act */
	assert_int_equal(new.keys_len, KEYS);
	assert_int_equal(new.slots_len, SLOTS);
	assert_int_equal(new.profiles_len, PROFILES);
	assert_memory_equal(
	    new.profiles, old.profiles, PROFILES * sizeof(*new.profiles));
	assert_int_equal(
	    ledger_profile_holds(&new, product(7, "masa.example.net"), &why),
	    REASON_OK);
	assert_int_equal(
	    ledger_profile_holds(&new, product(7, "masa.example.com"), &why),
	    REASON_SIGNER_POLICY);
	assert_int_equal(journal_before(dir, before, &found, &why), REASON_OK);
	assert_true(found);
	ledger_free(&old);
	ledger_free(&new);
}

/* A part of ledger l, as the record that follows in l. */
static struct record
part_record(const struct ledger *l, unsigned part, uint8_t content[RECORD_MAX],
    uint8_t bytes[RECORD_MAX], size_t *len)
{
	struct record r = { .kind = RECORD_CHECKPOINT,
		.sequence = l->sequence + 1,
		.time = l->time };

	memcpy(r.signer, l->signer, sizeof(r.signer));
	memcpy(r.previous, l->head, HASH_SIZE);
	assert_true(ledger_write(l, part, content, RECORD_MAX, len));
	r.checkpoint = span_of(content, *len);
	assert_true(record_write(&r, bytes, RECORD_MAX, len));
	return r;
}

/* Whoever holds a ledger already holds every part to it; one that has none takes
 * them in their order only. */
static void
part_lies(void **state)
{
	static uint8_t content[RECORD_MAX], bytes[RECORD_MAX];
	struct ledger l = life(), knows, taker;
	struct record r;
	size_t len;
	unsigned part, lie;

	(void)state;
	for (lie = 0; lie < PARTS; lie++) {
		struct ledger said = l;

		ledger_succeed(&l, l.signer, 0, l.time, &knows);
		memcpy(&knows.before, &l.before, sizeof(l.before));
		knows.sequence = said.sequence;
		knows.time = said.time;
		memcpy(knows.head, said.head, HASH_SIZE);
		for (part = 0; part < knows.keys_len; part++)
			knows.keys[part].last_record = l.keys[part].last_record;
		ledger_init(&taker);
		for (part = 0; part < PARTS; part++) {
			if (part == lie &&
			    part * LEDGER_PART_KEYS < said.keys_len)
				said.keys[part * LEDGER_PART_KEYS]
				    .count.issued++;
			r = part_record(&said, part, content, bytes, &len);
			if (part == lie) {
				assert_int_equal(ledger_apply(&knows, &r,
						     span_of(bytes, len), &why),
				    REASON_JOURNAL_DAMAGED);
				said.keys[part * LEDGER_PART_KEYS]
				    .count.issued--;
				r = part_record(
				    &said, part, content, bytes, &len);
			}
			assert_int_equal(
			    ledger_apply(&knows, &r, span_of(bytes, len), &why),
			    REASON_OK);
			assert_int_equal(
			    ledger_apply(&taker, &r, span_of(bytes, len), &why),
			    REASON_OK);
			said.sequence = taker.sequence;
			memcpy(said.head, taker.head, HASH_SIZE);
		}
		same(&taker, &knows);
		ledger_free(&knows);
		ledger_free(&taker);
	}
	/* Another record, or another part, than the one that is due. */
	ledger_init(&taker);
	r = part_record(&l, 1, content, bytes, &len);
	assert_int_equal(ledger_apply(&taker, &r, span_of(bytes, len), &why),
	    REASON_JOURNAL_DAMAGED);
	r = part_record(&l, 0, content, bytes, &len);
	assert_int_equal(
	    ledger_apply(&taker, &r, span_of(bytes, len), &why), REASON_OK);
	r = sample_act("remark", "");
	r.sequence = taker.sequence + 1;
	r.time = l.time;
	memcpy(r.signer, l.signer, sizeof(r.signer));
	memcpy(r.previous, taker.head, HASH_SIZE);
	assert_int_equal(ledger_apply(&taker, &r, span_of(bytes, len), &why),
	    REASON_JOURNAL_DAMAGED);
	assert_non_null(strstr(why.text, "not whole"));
	ledger_free(&taker);
	ledger_free(&l);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, clear)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(remembers),
		CASE(comes_back),
		CASE(ends_within),
		CASE(goes_on),
		CASE(part_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
