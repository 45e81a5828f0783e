/*
 * Voucher signers end by their certificates, or before that by their policies:
 * the newest that is valid signs, one that ends soon without another after it is an
 * alarm 30, 14 and 7 days before, and where all have ended nothing is signed. The
 * signer keeps the last of these by itself; here is the answer that a registrar gets,
 * and the word in time.
 */
#include "authority/authority.h"
#include "base/clock.h"
#include "base/log.h"

/* Days before the end at which it is told, and the end itself. */
static const unsigned days_before[] = { 30, 14, 7, 0 };
#define LEVELS (sizeof(days_before) / sizeof(*days_before))

bool
key_expired(const struct authority *a, const struct key_entry *k)
{
	return k->not_after != 0 && chain_now(a) > k->not_after;
}

/* The last second in which it may sign, INT64_MAX if there is none. */
static int64_t
end_of(const struct ledger_key *k, const struct key_entry *entry)
{
	int64_t end = key_policy_end(&k->order.policy, &k->count);

	if (end != INT64_MAX)
		end--;
	return entry->not_after != 0 && entry->not_after < end
	    ? entry->not_after
	    : end;
}

/* From the end of this one, or from now where that is later, does the other one sign all
 * that this one does, and longer, for the same pledges? Those that hold a root know
 * nothing of a raw key. */
static bool
stands_in(const struct authority *a, const struct ledger_key *k,
    const struct key_entry *entry, const struct ledger_key *other,
    const struct key_entry *other_entry)
{
	int64_t end = end_of(k, entry), now = chain_now(a);
	int64_t gap = end < now ? now : end + 1;
	const struct key_policy *mine = &k->order.policy;
	const struct key_policy *its = &other->order.policy;
	unsigned i;

	if (other->order.purpose != PURPOSE_VOUCHER ||
	    other->state != KEY_ACTIVE || other_entry->raw != entry->raw ||
	    end_of(other, other_entry) <= end ||
	    end_of(other, other_entry) < gap ||
	    (int64_t)its->first_day * SECONDS_A_DAY > gap ||
	    (its->limit != 0 && other->count.issued >= its->limit) ||
	    (mine->kinds & ~its->kinds) != 0 ||
	    (mine->products_len == 0 && its->products_len > 0))
		return false;
	for (i = 0; i < mine->products_len; i++)
		if (!key_policy_product(its, mine->products[i]))
			return false;
	return true;
}

static const struct key_entry *
stand_in(const struct authority *a, const struct ledger_key *k,
    const struct key_entry *entry)
{
	unsigned i;

	for (i = 0; i < a->keys_len; i++) {
		const struct ledger_key *other =
		    ledger_key_find(&a->ledger, a->keys[i].name);

		if (other != NULL && stands_in(a, k, entry, other, &a->keys[i]))
			return &a->keys[i];
	}
	return NULL;
}

/* Whole days that are left, rounded up; the key of an entry that may end, or NULL. */
static const struct ledger_key *
ends_in(
    const struct authority *a, const struct key_entry *entry, unsigned *days)
{
	const struct ledger_key *k = ledger_key_find(&a->ledger, entry->name);
	int64_t left;

	if (k == NULL || k->state != KEY_ACTIVE ||
	    entry->purpose != PURPOSE_VOUCHER || end_of(k, entry) == INT64_MAX)
		return NULL;
	left = end_of(k, entry) - clock_now();
	if (left > (int64_t)days_before[0] * SECONDS_A_DAY)
		return NULL;
	*days = left < 0
	    ? 0
	    : (unsigned)((left + SECONDS_A_DAY - 1) / SECONDS_A_DAY);
	return k;
}

static unsigned
level_of(unsigned days)
{
	unsigned level = 0;

	while (level < LEVELS && days <= days_before[level])
		level++;
	return level;
}

/* Each level is said once; a successor that comes takes the alarm back. */
void
expiry_tick(struct authority *a)
{
	const struct ledger_key *k;
	char end[CLOCK_TEXT_SIZE];
	unsigned i, days = 0, level;

	for (i = 0; a->synced && i < a->keys_len; i++) {
		struct key_entry *entry = &a->keys[i];

		k = ends_in(a, entry, &days);
		level = k == NULL || stand_in(a, k, entry) != NULL
		    ? 0
		    : level_of(days);
		if (level > entry->expiring) {
			clock_print(end, end_of(k, entry));
			log_alarm("signer-expiring",
			    "key=\"%s\" days=\"%u\" end=\"%s\" expired=\"%s\"",
			    entry->name, days, end, days == 0 ? "yes" : "no");
		}
		entry->expiring = level;
	}
}

void
expiry_status(const struct authority *a, struct json_out *o)
{
	const struct key_entry *next;
	const struct ledger_key *k;
	unsigned i, days = 0, listed = 0;

	json_put_name(o, "expiring");
	json_begin_array(o);
	for (i = 0; i < a->keys_len && listed < KEYS_LISTED; i++) {
		if ((k = ends_in(a, &a->keys[i], &days)) == NULL)
			continue;
		listed++;
		next = stand_in(a, k, &a->keys[i]);
		json_begin_object(o);
		json_add_text(o, "name", a->keys[i].name);
		put_time(o, "end", end_of(k, &a->keys[i]));
		json_add_uint(o, "days", days);
		json_add_optional(
		    o, "successor", next == NULL ? NULL : next->name);
		json_end_object(o);
	}
	json_end_array(o);
}
