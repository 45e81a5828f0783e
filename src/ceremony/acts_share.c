/*
 * The acts of a ceremony around shares: a key is cut up, each share is shown and
 * typed back, a quorum recovers it. Whatever is typed lies in locked memory, and
 * what is wrong with it is told at once, before the next custodian sits down: who
 * finds out at the end that one of four was mistyped cannot say which. At the end of
 * some of them shares are destroyed.
 */
#include <stdio.h>

#include "base/text.h"
#include "ceremony/run.h"

#define BAG_SIZE 24 /* of its number */

static struct share *
root_shares(const struct run *run, const struct plan_root *r)
{
	return (struct share *)run->shares[run_root(run, r)].ptr;
}

static size_t
scalar_size(const struct plan_root *r)
{
	return r->type == KEY_P384 ? 48 : 32;
}

/* Does that set give the key of this root? */
static enum reason
recover(struct run *run, const struct plan_root *root,
    const struct share *shares, struct span spki, struct private_key **key,
    struct why *why)
{
	struct secret scalar;
	enum reason r;

	r = share_recover(
	    shares, run->plan->threshold, span_of(NULL, 0), &scalar, why);
	if (r != REASON_OK)
		return r;
	*key = private_key_from_scalar(
	    root->type, span_of(scalar.ptr, scalar.len));
	secret_free(&scalar);
	if (*key != NULL && span_eq(private_key_spki(*key), spki))
		return REASON_OK;
	private_key_free(*key);
	*key = NULL;
	return why_set(why, REASON_SHARE_KEY, -1, "%s", root->handle);
}

/* Cuts the key up, once, and sees that the first quorum gives it back. */
static enum reason
split(struct run *run, const struct plan_root *root, struct why *why)
{
	unsigned n = run_root(run, root);
	struct private_key *key;
	struct secret scalar;
	enum reason r;

	secret_new(&run->shares[n], run->plan->shares * sizeof(struct share));
	private_key_scalar(run->keys[n], &scalar);
	share_split(span_of(scalar.ptr, scalar.len), run->plan->threshold,
	    run->plan->shares, run->sets[n], root_shares(run, root));
	secret_free(&scalar);
	r = recover(run, root, root_shares(run, root),
	    private_key_spki(run->keys[n]), &key, why);
	if (r == REASON_OK)
		private_key_free(key);
	return r;
}

/* One word, since the record has words. */
static enum reason
ask_bag(struct run *run, const char *what, char bag[BAG_SIZE], struct why *why)
{
	enum reason r;

	do {
		r = guide_ask(&run->guide, what, bag, BAG_SIZE, false, why);
	} while (r == REASON_OK && strchr(bag, ' ') != NULL);
	return r;
}

/* Typed back from the paper, not from the screen, which is cleared first: a slip of
 * the pen is found while the share can still be thrown away with the key. */
enum reason
act_share(struct run *run, const struct act *a, struct why *why)
{
	char what[128], bag[BAG_SIZE];
	struct share *own, *typed;
	struct secret room;
	enum reason r;
	bool same;

	if (a->index == 0 && (r = split(run, a->root, why)) != REASON_OK)
		return r;
	own = root_shares(run, a->root) + a->index;
	snprintf(what, sizeof(what), "Nobody but %s sees this screen.",
	    a->who->handle);
	if ((r = guide_confirm(&run->guide, what, why)) != REASON_OK)
		return r;
	guide_act(&run->guide, run->guide.act, run->guide.acts,
	    "write this share down, word for word");
	if ((r = guide_share_show(&run->guide, own, why)) != REASON_OK)
		return r;
	secret_new(&room, sizeof(*typed));
	typed = (struct share *)room.ptr;
	do {
		r = guide_share_ask(&run->guide, "Typed back from the paper",
		    own->len, typed, why);
		same = secret_equal(
		    span_of(own, sizeof(*own)), span_of(typed, sizeof(*typed)));
		if (r == REASON_OK && !same)
			guide_say(&run->guide,
			    "This is another share than the one shown.\n");
	} while (r == REASON_OK && !same);
	secret_free(&room);
	guide_act(&run->guide, run->guide.act, run->guide.acts,
	    "the share is sealed in its bag");
	if (r == REASON_OK)
		r = ask_bag(run, "Number of the bag, without blanks", bag, why);
	if (r != REASON_OK)
		return r;
	return run_note(run, why, "share", "%s %u %s %s %u", a->root->handle,
	    a->index + 1, a->who->handle, bag, own->id);
}

/* A share that goes with those before it; says why not and asks again. */
static enum reason
ask_share(struct run *run, const struct plan_root *root, struct share *given,
    unsigned n, const struct share *expected, struct why *why)
{
	char what[64];
	enum reason r, fits;

	for (;;) {
		if (expected != NULL)
			snprintf(what, sizeof(what), "Share %u",
			    expected->index + 1U);
		else
			snprintf(what, sizeof(what), "The %u. of %u shares",
			    n + 1, run->plan->threshold);
		r = guide_share_ask(
		    &run->guide, what, scalar_size(root), &given[n], why);
		if (r != REASON_OK)
			return r;
		fits = share_check(given, n + 1, why);
		if (fits == REASON_OK && expected == NULL &&
		    given[n].index >= plan_old_shares(run->plan))
			fits = why_set(why, REASON_SHARE_FOREIGN, -1,
			    "share %u, and the plan has %u of that set: it "
			    "says too few shares, or old-shares",
			    given[n].index + 1U, plan_old_shares(run->plan));
		if (fits == REASON_OK && expected != NULL &&
		    given[n].id != expected->id)
			fits = why_set(why, REASON_SHARE_FOREIGN, -1,
			    "share %u", given[n].index + 1U);
		if (fits == REASON_OK && expected != NULL &&
		    given[n].index != expected->index)
			fits = why_set(why, REASON_SHARE_TWICE, -1,
			    "share %u, where share %u is due",
			    given[n].index + 1U, expected->index + 1U);
		if (fits == REASON_OK)
			return REASON_OK;
		guide_say(
		    &run->guide, "%s (%s)\n", reason_sentence(fits), why->text);
		r = run_note(run, why, "fault", "%s %s %u", root->handle,
		    reason_code(fits), given[n].index + 1U);
		if (r != REASON_OK)
			return r;
	}
}

/* Has a quorum typed until it gives the key; expected may be NULL. */
static enum reason
quorum(struct run *run, const struct plan_root *root,
    const struct share *expected, struct span spki, struct private_key **key,
    uint8_t indices[SHARES_MAX], struct why *why)
{
	unsigned k = run->plan->threshold, i;
	struct share *given;
	struct secret room;
	enum reason r, good;

	secret_new(&room, k * sizeof(*given));
	given = (struct share *)room.ptr;
	do {
		for (i = 0, r = REASON_OK; i < k && r == REASON_OK; i++) {
			r = ask_share(run, root, given, i,
			    expected == NULL ? NULL : expected + i, why);
			guide_act(&run->guide, run->guide.act, run->guide.acts,
			    "the next custodian");
		}
		if (r != REASON_OK)
			break;
		good = recover(run, root, given, spki, key, why);
		if (good == REASON_OK)
			break;
		guide_say(
		    &run->guide, "%s (%s)\n", reason_sentence(good), why->text);
		r = run_note(run, why, "fault", "%s %s", root->handle,
		    reason_code(good));
	} while (r == REASON_OK);
	for (i = 0; i < k && r == REASON_OK; i++)
		indices[i] = given[i].index;
	run->sets[run_root(run, root)] = given[0].id;
	secret_free(&room);
	return r;
}

/* The bags of that quorum were opened: what its shares lie in from now on, then
 * the act itself. */
static enum reason
quorum_note(struct run *run, const char *word, const struct plan_root *root,
    const uint8_t indices[SHARES_MAX], bool sealed, struct why *why)
{
	unsigned k = run->plan->threshold, i;
	char what[64], bag[BAG_SIZE], text[64];
	enum reason r = REASON_OK;
	size_t len = 0;

	for (i = 0; i < k && sealed && r == REASON_OK; i++) {
		snprintf(what, sizeof(what),
		    "Number of the new bag of share %u, without blanks",
		    indices[i] + 1U);
		if ((r = ask_bag(run, what, bag, why)) == REASON_OK)
			r = run_note(run, why, "bag", "%s %u %s", root->handle,
			    indices[i] + 1U, bag);
	}
	for (i = 0; i < k; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u",
		    i == 0 ? "" : ",", indices[i] + 1U);
	return r != REASON_OK
	    ? r
	    : run_note(run, why, word, "%s %s", root->handle, text);
}

/* The last quorum: the one that differs most from the first. */
enum reason
act_drill(struct run *run, const struct act *a, struct why *why)
{
	unsigned n = run_root(run, a->root);
	unsigned first = run->plan->shares - run->plan->threshold;
	struct private_key *key = NULL;
	uint8_t indices[SHARES_MAX];
	enum reason r;

	guide_say(&run->guide,
	    "    Bags %u to %u are opened, and sealed again after it.\n\n",
	    first + 1, run->plan->shares);
	r = quorum(run, a->root, root_shares(run, a->root) + first,
	    private_key_spki(run->keys[n]), &key, indices, why);
	private_key_free(key);
	secret_free(&run->shares[n]);
	if (r != REASON_OK ||
	    (r = guide_confirm(&run->guide,
		 "The key came back. The shares are in new bags.", why)) !=
		REASON_OK)
		return r;
	return quorum_note(run, "drill", a->root, indices, true, why);
}

/* Any quorum will do; which one it was is in the record. Shares that are about to be
 * destroyed need no bag. */
enum reason
act_recover(struct run *run, const struct act *a, struct why *why)
{
	unsigned n = run_root(run, a->root);
	uint8_t hash[HASH_SIZE], indices[SHARES_MAX];
	bool sealed = run->plan->kind != PLAN_REFRESH;
	enum reason r;

	r = quorum(run, a->root, NULL, a->root->certificate.spki, &run->keys[n],
	    indices, why);
	if (r != REASON_OK)
		return r;
	sha256(a->root->certificate.spki, hash);
	guide_fingerprint(&run->guide,
	    "    Recovered: public key (SHA-256 of its SPKI)", hash);
	r = guide_confirm(&run->guide, "They are the words on record.", why);
	if (r == REASON_OK && sealed)
		r = guide_confirm(
		    &run->guide, "The shares are in new bags.", why);
	return r != REASON_OK
	    ? r
	    : quorum_note(run, "recover", a->root, indices, sealed, why);
}

/* A share that nobody saw destroyed: is its set a quorum still? Where that is what the
 * ceremony was for it does not go on, where there is a new set it is said (IP 8). */
static enum reason
leave(struct run *run, const struct act *a, bool *left, struct why *why)
{
	unsigned n = run->unseen[run_root(run, a->root)] + 1;
	bool destroys = run->plan->kind == PLAN_DESTROY;

	*left = n <= plan_unseen_most(run->plan);
	if (*left)
		return REASON_OK;
	guide_say(&run->guide,
	    "%u shares of %s were not seen destroyed: they open the key.\n\n",
	    n, a->root->handle);
	*left = !destroys;
	return destroys
	    ? REASON_OK
	    : guide_confirm(&run->guide,
		  "A new key is to be planned; the ceremony goes on.", why);
}

/* Old shares still open the key, whatever new ones there are (IP 8). */
enum reason
act_retire(struct run *run, const struct act *a, struct why *why)
{
	bool seen = false, left = false;
	char number[8];
	enum reason r;

	do {
		r = guide_decide(&run->guide,
		    "This share was destroyed before the witnesses.", &seen,
		    why);
		if (r == REASON_OK && !seen)
			r = leave(run, a, &left, why);
	} while (r == REASON_OK && !seen && !left);
	if (r != REASON_OK)
		return r;
	run->unseen[run_root(run, a->root)] += !seen;
	snprintf(number, sizeof(number), "%u", a->index + 1);
	return run_note(run, why, seen ? "retire" : "unseen", "%s %s",
	    a->root->handle, a->who == NULL ? number : a->who->handle);
}
