/* A ledger as the parts of a checkpoint say it, see ledger.h. */
#include "base/fatal.h"
#include "journal/describe.h"
#include "journal/ledger.h"

static const char *
key_state_word(unsigned value)
{
	return key_state_name((enum key_state)value);
}

static const char *
wrapping_word(unsigned value)
{
	return wrapping_name((enum wrapping)value);
}

/* The first 32 are a number, as long as there were no more. */
static void
key_lines_field(struct members *f, struct ledger_key *k)
{
	uint64_t lines = 0;
	unsigned i;

	for (i = 0; i < 4; i++)
		lines |= (uint64_t)k->lines[i] << 8 * i;
	member_uint(f, 17, "lines", MEMBER_OPTIONAL, &lines, UINT32_MAX);
	for (i = 0; f->mode == MEMBERS_READ && i < 4; i++)
		k->lines[i] = (uint8_t)(lines >> 8 * i);
}

static void
ledger_key_fields(struct members *f, void *value)
{
	struct ledger_key *k = value;
	uint64_t in_period = k->count.in_period, wrapped = k->wrapped;
	uint64_t copied = k->copied;
	unsigned state = k->state, ending = k->ending, erased = k->erased;

	member_map(f, 1, "order", key_order_fields, &k->order);
	member_word(f, 2, "state", MEMBER_REQUIRED, &state, KEY_STATE_LAST,
	    key_state_word);
	if (f->mode == MEMBERS_READ)
		k->state = (enum key_state)state;
	member_bytes(
	    f, 3, "spki_sha256", MEMBER_REQUIRED, k->spki_sha256, HASH_SIZE);
	member_bytes(f, 4, "certificate_sha256", MEMBER_OPTIONAL,
	    k->certificate_sha256, HASH_SIZE);
	member_time(f, 5, "activated", MEMBER_OPTIONAL, &k->count.activated);
	member_uint(
	    f, 6, "issued", MEMBER_OPTIONAL, &k->count.issued, INT64_MAX);
	member_time(f, 7, "period", MEMBER_OPTIONAL, &k->count.period);
	member_uint(f, 8, "in_period", MEMBER_OPTIONAL, &in_period, UINT32_MAX);
	if (f->mode == MEMBERS_READ)
		k->count.in_period = (uint32_t)in_period;
	member_uint(f, 9, "last_counter", MEMBER_OPTIONAL, &k->last_counter,
	    UINT64_MAX);
	member_bytes(
	    f, 10, "window", MEMBER_OPTIONAL, k->window, sizeof(k->window));
	member_uint(
	    f, 11, "last_record", MEMBER_OPTIONAL, &k->last_record, INT64_MAX);
	member_uint(f, 12, "wrapped", MEMBER_OPTIONAL, &wrapped, 1);
	member_word(f, 13, "ending", MEMBER_OPTIONAL, &ending, END_ARCHIVE,
	    key_end_word);
	if (f->mode == MEMBERS_READ) {
		k->wrapped = wrapped != 0;
		k->ending = (enum key_end)ending;
	}
	member_uint(
	    f, 14, "end_record", MEMBER_OPTIONAL, &k->end_record, INT64_MAX);
	member_word(f, 15, "erased", MEMBER_OPTIONAL, &erased, WRAPPING_APART,
	    wrapping_word);
	if (f->mode == MEMBERS_READ)
		k->erased = (enum wrapping)erased;
	member_uint(f, 16, "copied", MEMBER_OPTIONAL, &copied, 1);
	if (f->mode == MEMBERS_READ)
		k->copied = copied != 0;
	key_lines_field(f, k);
	member_time(
	    f, 18, "awake_until", MEMBER_OPTIONAL, &k->count.awake_until);
	member_bytes(f, 19, "more_lines", MEMBER_OPTIONAL, k->lines + 4,
	    sizeof(k->lines) - 4);
}

static void
before_fields(struct members *f, struct ledger_before *b)
{
	member_bytes(
	    f, 7, "old_signer", MEMBER_OPTIONAL, b->signer, sizeof(b->signer));
	member_uint(
	    f, 8, "old_sequence", MEMBER_OPTIONAL, &b->sequence, INT64_MAX);
	member_bytes(f, 9, "old_head", MEMBER_OPTIONAL, b->head, HASH_SIZE);
	member_uint(f, 10, "skipped", MEMBER_OPTIONAL, &b->skipped, INT64_MAX);
}

static void
slot_fields(struct members *f, void *value)
{
	struct ledger_slot *s = value;

	member_text(f, 1, "slot", MEMBER_REQUIRED, s->slot, sizeof(s->slot));
	member_text(f, 2, "to", MEMBER_REQUIRED, s->to, sizeof(s->to));
	member_time(f, 3, "since", MEMBER_REQUIRED, &s->since);
}

/* Left out where there are none, as all that is optional. */
static void
slots_fields(struct members *f, struct ledger *l)
{
	uint64_t i, count;

	if (f->mode == MEMBERS_READ ? f->count == 0 || f->next != 11
				    : l->slots_len == 0)
		return;
	count = member_array(f, 11, "slots", l->slots_len);
	if (f->mode == MEMBERS_READ) {
		if (count == 0 || count > LEDGER_PART_SLOTS) {
			members_refuse(f, "slots");
			return;
		}
		l->slots_len = (size_t)count;
		l->slots = memory_array(
		    LEDGER_PART_SLOTS / LEDGER_STEP * LEDGER_STEP + LEDGER_STEP,
		    sizeof(*l->slots));
	}
	for (i = 0; i < count; i++)
		member_element(f, slot_fields, &l->slots[i]);
	member_array_end(f);
}

void
ledger_fields(struct members *f, void *value)
{
	struct ledger *l = value;
	uint64_t i, count, part = l->part, more = l->more;

	member_bytes(
	    f, 1, "signer", MEMBER_REQUIRED, l->signer, sizeof(l->signer));
	member_bool(f, 2, "test", &l->test);
	member_uint(f, 3, "sequence", MEMBER_OPTIONAL, &l->sequence, INT64_MAX);
	member_bytes(f, 4, "head", MEMBER_OPTIONAL, l->head, HASH_SIZE);
	member_time(f, 5, "time", MEMBER_REQUIRED, &l->time);
	count = member_array(f, 6, "keys", l->keys_len);
	if (f->mode == MEMBERS_READ) {
		if (count > LEDGER_PART_KEYS) {
			members_refuse(f, "keys");
			return;
		}
		l->keys_len = (size_t)count;
		l->keys = memory_array(
		    LEDGER_PART_KEYS / LEDGER_STEP * LEDGER_STEP + LEDGER_STEP,
		    sizeof(*l->keys));
	}
	for (i = 0; i < count; i++)
		member_element(f, ledger_key_fields, &l->keys[i]);
	member_array_end(f);
	before_fields(f, &l->before);
	slots_fields(f, l);
	ledger_lines_fields(f, l);
	member_uint(f, 14, "part", MEMBER_OPTIONAL, &part, LEDGER_PARTS_MAX);
	member_uint(f, 15, "more", MEMBER_OPTIONAL, &more, LEDGER_PARTS_MAX);
	if (f->mode == MEMBERS_READ) {
		l->part = (unsigned)part;
		l->more = (unsigned)more;
	}
	ledger_profiles_fields(f, l);
}

static unsigned
parts_of(size_t len, size_t each)
{
	return (unsigned)((len + each - 1) / each);
}

unsigned
ledger_parts(const struct ledger *l)
{
	const unsigned parts[] = { parts_of(l->keys_len, LEDGER_PART_KEYS),
		parts_of(l->slots_len, LEDGER_PART_SLOTS),
		parts_of(l->lines_len, LEDGER_PART_LINES),
		parts_of(l->runs_len, LEDGER_PART_RUNS),
		parts_of(l->profiles_len, LEDGER_PART_PROFILES) };
	unsigned i, most = 1;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i] > most)
			most = parts[i];
	return most;
}

/* Of len elements, those of a part: the first, and how many. */
static size_t
part_of(size_t len, size_t each, unsigned part, size_t *first)
{
	*first = part * each < len ? part * each : len;
	return len - *first < each ? len - *first : each;
}

bool
ledger_write(const struct ledger *l, unsigned part, uint8_t *out, size_t cap,
    size_t *len)
{
	struct ledger copy = *l; /* borrows what stays */
	size_t first;

	copy.keys_len = part_of(l->keys_len, LEDGER_PART_KEYS, part, &first);
	if (copy.keys_len > 0)
		copy.keys += first;
	copy.slots_len = part_of(l->slots_len, LEDGER_PART_SLOTS, part, &first);
	if (copy.slots_len > 0)
		copy.slots += first;
	copy.lines_len = part_of(l->lines_len, LEDGER_PART_LINES, part, &first);
	if (copy.lines_len > 0)
		copy.lines += first;
	copy.runs_len = part_of(l->runs_len, LEDGER_PART_RUNS, part, &first);
	if (copy.runs_len > 0)
		copy.runs += first;
	copy.profiles_len =
	    part_of(l->profiles_len, LEDGER_PART_PROFILES, part, &first);
	if (copy.profiles_len > 0)
		copy.profiles += first;
	if (part > 0)
		memset(&copy.before, 0, sizeof(copy.before));
	copy.part = part;
	copy.more = ledger_parts(l) - part - 1;
	return ledger_part_write(&copy, out, cap, len);
}

bool
ledger_part_write(
    const struct ledger *part, uint8_t *out, size_t cap, size_t *len)
{
	struct ledger copy = *part; /* borrows */

	return members_write(ledger_fields, &copy, out, cap, len);
}
