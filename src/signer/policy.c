/* May a key sign that now? The key's own policy, and the clock's. */
#include "base/clock.h"
#include "base/log.h"
#include "signer/signer.h"

/* clock_now() counts whole seconds, and a clock that is being slewed may seem
 * to lose one. */
#define BACK_TOLERATED 2

void
clock_watch_start(struct clock_watch *c)
{
	c->wall = clock_now();
	c->ticks = clock_ticks();
}

/* The chain's last time, or what was accepted while it stood there. */
static int64_t
least_time(const struct clock_watch *c, int64_t chain)
{
	return c->chain == chain && c->accepted < chain ? c->accepted : chain;
}

bool
clock_watch_follows(const struct clock_watch *c, int64_t chain)
{
	return c->wall >= least_time(c, chain) - MOMENT_TOLERATED;
}

void
clock_watch_check(struct clock_watch *c, int64_t chain)
{
	int64_t now = clock_now(), ticks = clock_ticks();
	int64_t expected = c->wall + (ticks - c->ticks) / 1000;
	int64_t least = least_time(c, chain);

	if (c->stopped)
		return;
	if (now >= expected - BACK_TOLERATED &&
	    now <= expected + SECONDS_A_DAY &&
	    now >= least - MOMENT_TOLERATED) {
		c->wall = now;
		c->ticks = ticks;
		return;
	}
	c->stopped = true;
	c->expected = expected > least ? expected : least;
	expected = c->expected;
	log_alarm(
	    "clock-step", "seconds=\"%lld\"", (long long)(now - expected));
}

void
clock_watch_confirm(struct clock_watch *c, int64_t chain)
{
	clock_watch_start(c);
	c->accepted = c->wall;
	c->chain = chain;
	c->stopped = false;
}

const struct ledger_key *
ledger_key_of(const struct signer *s, const char *name)
{
	return ledger_key_find(journal_ledger(s->journal), name);
}

/* What its record would be judged by: never before the chain's last time. */
static int64_t
record_time(const struct signer *s)
{
	int64_t chain = journal_ledger(s->journal)->time;

	return s->now > chain ? s->now : chain;
}

static enum reason
check_certificate(
    const struct signer *s, const struct held_key *h, struct why *why)
{
	if (ledger_key_of(s, h->name)->order.purpose == PURPOSE_MANIFEST)
		return REASON_OK; /* it has none */
	if (h->chain_len == 0)
		return why_set(why, REASON_SIGNER_KEY, -1, "it is uncertified");
	if (s->now > h->certificate.not_after)
		return why_set(
		    why, REASON_KEY_EXPIRED, -1, "its certificate is over");
	if (s->now < h->certificate.not_before)
		return why_set(why, REASON_SIGNER_DATE, -1,
		    "its certificate is not valid now");
	return REASON_OK;
}

/* What is rendered again has been counted before. */
static enum reason
check_policy(const struct signer *s, const struct ledger_key *k,
    const struct key_use *use, bool again, struct why *why)
{
	struct ledger_key uncounted;

	if (again && k != NULL) {
		uncounted = *k;
		uncounted.count.issued = uncounted.count.in_period = 0;
		k = &uncounted;
	}
	return ledger_key_allows(
	    journal_ledger(s->journal), k, use, record_time(s), why);
}

enum reason
key_may_sign(struct signer *s, const char *name, const struct key_use *use,
    bool again, struct held_key **out, struct why *why)
{
	const struct ledger_key *k = ledger_key_of(s, name);
	struct held_key *h = keyring_find(&s->keyring, name);
	struct why inner;
	enum reason r;

	if (s->clock.stopped)
		return why_set(why, REASON_CLOCK_STEP, -1,
		    "the clock waits for an operator");
	r = check_policy(s, k, use, again, &inner);
	if (r == REASON_OK && h == NULL)
		r = why_set(&inner, REASON_KEY_OUT_OF_REACH, -1,
		    "the signer's start says why");
	if (r == REASON_OK)
		r = check_certificate(s, h, &inner);
	*out = h;
	return r == REASON_OK
	    ? r
	    : why_set(why, r, -1, "key %.32s: %.150s", name, inner.text);
}
