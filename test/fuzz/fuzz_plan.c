/*
 * Plans, and behind a NUL, which no plan has, the slot list that one names: what is
 * accepted has all that its sections demand within their bounds, and what also keeps
 * the rules has a script whose acts fit the people and the certificates.
 */
#include "base/buf.h"
#include "base/text.h"
#include "ceremony/plan.h"
#include "fuzz.h"
#include "model/serial.h"

/* What kept plans have that keep the rules. */
enum part {
	KIND, /* and each of them: enum plan_kind */
	OLD_SHARES = KIND + PLAN_DESTROY + 1,
	MANAGERS,
	EXTENSIONS,
	PRODUCT_POLICY,
	SLOT_OWN,
	SLOT_PASSED,
	SLOT_GIVEN,
	SLOT_REFUSED,
	PARTS
};
static bool met[PARTS];

const char *
corpus_lacks(void)
{
	static const char *const words[PARTS] = { "kind = create",
		"kind = sign", "kind = refresh", "kind = drill",
		"kind = destroy", "old-shares", "a quorum below one manager",
		"voucher-policy-form = private-extension", "product-policy",
		"a slot list with the key of a request",
		"a slot list that passes a slot on",
		"a slot list with a slot that was given away",
		"a slot list that does not fit" };

	return first_unmet(met, words, PARTS);
}

static void
handle_holds(const char *handle)
{
	size_t len = strlen(handle);

	require(len >= 1 && len <= HANDLE_MAX);
	require(strspn(handle, "abcdefghijklmnopqrstuvwxyz0123456789-") == len);
}

static void
lines_hold(const struct plan *p)
{
	unsigned i;

	require(p->title[0] != '\0' && p->organization[0] != '\0');
	require(p->shares >= 2 && p->shares <= SHARES_MAX);
	require(p->threshold >= 2 && p->threshold <= SHARES_MAX);
	require(p->attendees_len <= ATTENDEES_MAX && p->items_len <= ITEMS_MAX);
	for (i = 0; i < p->attendees_len; i++)
		handle_holds(p->attendees[i].handle);
	for (i = 0; i < p->items_len; i++)
		handle_holds(p->items[i].handle);
	for (i = 0; i < p->places_len; i++)
		handle_holds(p->places[i].handle);
	for (i = 0; i < p->roots_len; i++)
		handle_holds(p->roots[i].handle);
}

/* A policy of one product lies below that of all vouchers. */
static void
policies_hold(const struct plan *p, const struct plan_item *item)
{
	size_t len = strlen(p->voucher_policy.text);

	require(item_policy(p, item) ==
	    (item->slot[0] != '\0' ? &p->idevid_policy : &p->voucher_policy));
	if (item->product_policy.len == 0)
		return;
	require(item->slot[0] == '\0' && len > 0);
	require(memcmp(item->product_policy.text, p->voucher_policy.text,
		    len) == 0 &&
	    item->product_policy.text[len] == '.');
	met[PRODUCT_POLICY] = true;
}

/* What will be signed: by a root of the plan, under a name that no other has. */
static void
items_hold(const struct plan *p)
{
	static char names[ITEMS_MAX][65];
	struct certificate_plan c;
	unsigned i, j;

	require(p->items_len == 0 || p->kind == PLAN_CREATE ||
	    p->kind == PLAN_SIGN);
	for (i = 0; i < p->items_len; i++) {
		const struct plan_item *item = &p->items[i];

		require(item->root >= p->roots &&
		    item->root < p->roots + p->roots_len);
		require(strcmp(item->root->handle, item->root_handle) == 0);
		require((item->slot[0] != '\0') ==
		    (item->root->purpose == PURPOSE_IDEVID_CA));
		policies_hold(p, item);
		planned_item(p, item, false, 0, names[i], &c);
		require(names[i][0] != '\0' && c.not_after > 0);
		for (j = 0; j < i; j++)
			require(p->items[j].root != item->root ||
			    strcmp(names[j], names[i]) != 0);
	}
}

static unsigned
count(const struct script *s, enum act_kind kind)
{
	unsigned i, n = 0;

	for (i = 0; i < s->len; i++)
		n += s->acts[i].kind == kind;
	return n;
}

static void
script_holds(const struct plan *p, bool early)
{
	struct script s;
	char line[200];
	unsigned i, custodians = 0, retired;

	while (plan_custodian(p, custodians) != NULL)
		custodians++;
	script_make(p, early, &s);
	for (i = 0; i < s.len; i++) {
		act_print(p, &s.acts[i], line, sizeof(line));
		require(line[0] != '\0');
	}
	require(s.acts[s.len - 1].kind == ACT_CLOSE);
	require(s.acts[s.len - 2].kind ==
	    (p->kind == PLAN_REFRESH && !early ? ACT_RETIRE : ACT_WIPE));
	require(s.settled > 0 && s.settled < s.len);
	require(count(&s, ACT_SIGN) == p->items_len);
	require(count(&s, ACT_SHARE) ==
	    (p->kind == PLAN_CREATE || p->kind == PLAN_REFRESH
		    ? p->shares * p->roots_len
		    : 0));
	retired = p->kind == PLAN_DESTROY || early ? custodians
	    : p->kind == PLAN_REFRESH		   ? plan_old_shares(p)
						   : 0;
	require(count(&s, ACT_RETIRE) == retired * p->roots_len);
	require(p->kind == PLAN_CREATE || plan_unseen_most(p) < p->threshold);
}

/* No text of a plan makes a reviewer see another one. */
static void
warnings_hold(const struct plan *p)
{
	struct buf text;
	size_t i;

	buf_init(&text, 65536);
	plan_warnings(p, &text);
	for (i = 0; i < text.len; i++)
		require(text.ptr[i] == '\n' ||
		    (text.ptr[i] >= ' ' && text.ptr[i] != 0x7f));
	met[MANAGERS] |= text.len > 0 &&
	    memmem(text.ptr, text.len, "people of ", 10) != NULL;
	buf_free(&text);
}

/* Each request has the key that its hash in the plan is, so that a list can name it. */
static bool
slots_hold(struct plan *p, struct span list, struct why *why)
{
	char hash[HEX_SIZE(HASH_SIZE)];
	unsigned i, j;

	for (i = 0; i < p->items_len; i++)
		memcpy(p->items[i].csr.spki_sha256, p->items[i].csr_sha256,
		    HASH_SIZE);
	p->slots = (struct buf){ (uint8_t *)list.ptr, list.len, 0, 0 };
	if (slots_check(p, why) != REASON_OK) {
		require(why->text[0] != '\0');
		met[SLOT_REFUSED] |= list.len > 0;
		return false;
	}
	for (i = 0; i < p->items_len; i++) {
		const struct plan_item *item = &p->items[i];

		if (item->slot[0] == '\0')
			continue;
		require(p->slots_file[0] != '\0');
		require(memchr(list.ptr, '\\', list.len) != NULL ||
		    memmem(list.ptr, list.len, item->slot,
			strlen(item->slot)) != NULL);
		for (j = 0; j < i; j++)
			require(p->items[j].slot[0] == '\0' ||
			    !token_alike(p->items[j].slot, item->slot));
		hex_encode(hash, span_of(item->csr_sha256, HASH_SIZE));
		if (item->number > 1)
			met[SLOT_PASSED] = true;
		else if (memmem(list.ptr, list.len, hash, strlen(hash)) != NULL)
			met[SLOT_OWN] = true;
		else
			met[SLOT_GIVEN] = true;
	}
	return true;
}

static uint64_t
rules_hold(struct plan *p, struct span list, uint64_t digest)
{
	struct why why;

	why_clear(&why);
	if (plan_check(p, &why) != REASON_OK) {
		require(why.text[0] != '\0');
		return digest;
	}
	met[KIND + p->kind] = true;
	met[OLD_SHARES] |= p->old_shares != 0;
	met[EXTENSIONS] |= p->voucher_policy_form == POLICY_EXTENSION;
	require(p->threshold <= p->shares && p->roots_len >= 1);
	items_hold(p);
	script_holds(p, false);
	if (p->kind == PLAN_REFRESH)
		script_holds(p, true);
	warnings_hold(p);
	digest = digest_add(digest, "checked", 7);
	return slots_hold(p, list, &why) ? digest_add(digest, "slots", 5)
					 : digest;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	/* No allocation of plan_read()'s, nor lost where that ends the process. */
	static struct plan p;
	const uint8_t *nul = len == 0 ? NULL : memchr(bytes, '\0', len);
	struct span text = span_of(bytes, len), list = { NULL, 0 };
	struct why why;

	memset(&p, 0, sizeof(p));
	why_clear(&why);
	if (nul != NULL) {
		text.len = (size_t)(nul - bytes);
		list = span_of(nul + 1, len - text.len - 1);
	}
	if (plan_read(text, &p, &why) != REASON_OK) {
		require(why.text[0] != '\0');
		return 0;
	}
	lines_hold(&p);
	return rules_hold(
	    &p, list, digest_add(ACCEPTED, p.title, strlen(p.title)));
}
