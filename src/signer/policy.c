/* May a key sign that now? The key's own policy, and the clock's. */
#include "base/clock.h"
#include "base/log.h"
#include "signer/signer.h"

#define DAY	       86400
/* clock_now() counts whole seconds, and a clock that is being slewed may seem
 * to lose one. */
#define BACK_TOLERATED 2

void
clock_watch_start(struct clock_watch *c)
{
	c->wall = clock_now();
	c->ticks = clock_ticks();
}

void
clock_watch_check(struct clock_watch *c)
{
	int64_t now = clock_now(), ticks = clock_ticks();
	int64_t expected = c->wall + (ticks - c->ticks) / 1000;

	if (c->stopped)
		return;
	if (now >= expected - BACK_TOLERATED && now <= expected + DAY) {
		c->wall = now;
		c->ticks = ticks;
		return;
	}
	c->stopped = true;
	c->expected = expected;
	log_alarm(
	    "clock-step", "seconds=\"%lld\"", (long long)(now - expected));
}

void
clock_watch_confirm(struct clock_watch *c)
{
	clock_watch_start(c);
	c->stopped = false;
}

const struct ledger_key *
ledger_key_of(const struct signer *s, const char *name)
{
	const struct ledger *l = journal_ledger(s->journal);
	size_t i;

	for (i = 0; i < l->keys_len; i++)
		if (strcmp(l->keys[i].order.name, name) == 0)
			return &l->keys[i];
	return NULL;
}

/* Days count from activation, in the time of the chain: to set the clock back
 * does not lengthen a key's life. */
static enum reason
check_dates(const struct signer *s, const struct ledger_key *k,
    const struct held_key *h, struct why *why)
{
	int64_t now = clock_now(), chain = journal_ledger(s->journal)->time;
	int64_t latest = now > chain ? now : chain;

	if (k->order.months != 0 &&
	    latest >= k->activated + (int64_t)k->order.months * DAY)
		return why_set(why, REASON_SIGNER_DATE, -1,
		    "key %s has had its %u days", h->name, k->order.months);
	if (now < h->certificate.not_before || now > h->certificate.not_after)
		return why_set(why, REASON_SIGNER_DATE, -1,
		    "the certificate of key %s is not valid now", h->name);
	return REASON_OK;
}

enum reason
key_may_sign(struct signer *s, const char *name, enum key_purpose purpose,
    const char *product, bool again, struct held_key **out, struct why *why)
{
	const struct ledger_key *k = ledger_key_of(s, name);
	struct held_key *h = keyring_find(&s->keyring, name);

	if (s->clock.stopped)
		return why_set(why, REASON_CLOCK_STEP, -1,
		    "the clock waits for an operator");
	if (k == NULL || k->state != KEY_ACTIVE || h == NULL ||
	    h->chain_len == 0)
		return why_set(why, REASON_SIGNER_KEY, -1, "%s key %s",
		    k == NULL			    ? "unknown"
			: k->state == KEY_RETIRED   ? "retired"
			: k->state == KEY_REQUESTED ? "uncertified"
						    : "missing",
		    name);
	if (k->order.purpose != purpose)
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    "key %s has another purpose", name);
	if (k->order.product[0] != '\0' &&
	    strcmp(k->order.product, product) != 0)
		return why_set(why, REASON_SIGNER_POLICY, -1,
		    "key %s is for product %s", name, k->order.product);
	if (!again && k->order.limit != 0 && k->issued >= k->order.limit)
		return why_set(why, REASON_SIGNER_COUNT, -1,
		    "key %s has signed %llu", name,
		    (unsigned long long)k->issued);
	*out = h;
	return check_dates(s, k, h, why);
}
