/* The way from a signer up to an anchor (RFC 5280 6.1, IP 6). */
#include "pledge/internal.h"

/* Which of two refusals is told: one that came nearer to the anchor. */
static enum pledge_verdict
nearer(enum pledge_verdict before, enum pledge_verdict now)
{
	if (now == PLEDGE_LIMIT || before == PLEDGE_ANCHOR)
		return now;
	return now == PLEDGE_ANCHOR ? before : now;
}

/* What each certificate below the anchor must hold to, whoever issued it. */
static enum pledge_verdict
below_check(const struct certificate *c, const struct pledge_anchor *anchor)
{
	unsigned i;

	if (c->unknown_critical || c->constrained || c->mapped)
		return PLEDGE_UNAUTHORIZED;
	for (i = 0; i < PLEDGE_POLICIES_MAX; i++)
		if (anchor->policies[i].len > 0 &&
		    !pledge_certificate_asserts(
			c, anchor->policies[i], anchor->policies_as_extensions))
			return PLEDGE_UNAUTHORIZED;
	return PLEDGE_ACCEPTED;
}

/* Is c signed by the anchor's key? A hash needs a certificate of that key. */
static enum pledge_verdict
anchor_check(
    struct path *p, const struct message *m, const struct pledge_anchor *anchor)
{
	uint8_t hash[PLEDGE_SHA256];
	struct span key;
	unsigned i;

	if (anchor->key.len > 0)
		return pledge_message_verify(m, anchor->key, &p->checks);
	for (i = 0; i < p->pool_len; i++) {
		key = pledge_certificate_key(p->pool[i]);
		if (key.len > 0 && pledge_hash(PLEDGE_SHA256, &key, 1, hash) &&
		    span_eq(anchor->key_sha256, span_of(hash, sizeof(hash))))
			return pledge_message_verify(m, key, &p->checks);
	}
	return PLEDGE_SIGNATURE;
}

static void
interval_narrow(struct path *p, const struct certificate *c)
{
	if (c->not_before > p->from)
		p->from = c->not_before;
	if (c->not_after < p->until)
		p->until = c->not_after;
}

static bool
is_self_signed(struct path *p, const struct certificate *c)
{
	struct message m;

	return pledge_certificate_message(c, &m) == PLEDGE_ACCEPTED &&
	    pledge_message_verify(&m, c->spki, &p->checks) == PLEDGE_ACCEPTED;
}

static enum pledge_verdict climb(struct path *p, const struct certificate *c,
    const struct pledge_anchor *anchor, unsigned depth,
    enum pledge_verdict found);

/* One certificate of the pool as the issuer of c. */
static enum pledge_verdict
climb_over(struct path *p, struct span der, const struct certificate *c,
    const struct message *m, const struct pledge_anchor *anchor, unsigned depth,
    enum pledge_verdict found)
{
	struct certificate issuer;
	enum pledge_verdict v;
	bool read = pledge_certificate_read(der, &issuer) == PLEDGE_ACCEPTED;

	if (read &&
	    (!span_eq(issuer.subject, c->issuer) ||
		span_eq(issuer.spki, c->spki)))
		return PLEDGE_ANCHOR;
	if (!read || depth == PLEDGE_DEPTH_MAX) {
		p->cut = true;
		return PLEDGE_ANCHOR;
	}
	v = pledge_message_verify(m, issuer.spki, &p->checks);
	if (v != PLEDGE_ACCEPTED)
		return v == PLEDGE_SIGNATURE ? PLEDGE_ANCHOR : v;
	/* A self-issued one would not count for the path lengths above it; one
	 * that has signed itself is the top of something else (IP 6). */
	if (span_eq(issuer.subject, issuer.issuer)) {
		if (is_self_signed(p, &issuer))
			return PLEDGE_ANCHOR;
		found = PLEDGE_UNAUTHORIZED;
	}
	if (!pledge_certificate_issues(&issuer, depth - 1))
		found = PLEDGE_UNAUTHORIZED;
	return climb(p, &issuer, anchor, depth + 1, found);
}

/* By one of the pool. */
static enum pledge_verdict
climb_on(struct path *p, const struct certificate *c, const struct message *m,
    const struct pledge_anchor *anchor, unsigned depth,
    enum pledge_verdict found)
{
	enum pledge_verdict said = PLEDGE_ANCHOR, v;
	unsigned i;

	for (i = 0; i < p->pool_len; i++) {
		v = climb_over(p, p->pool[i], c, m, anchor, depth, found);
		if (v == PLEDGE_ACCEPTED || v == PLEDGE_LIMIT)
			return v;
		said = nearer(said, v);
	}
	return said;
}

/*
 * depth: certificates up to and with c. found: what is wrong on the way so far. It is
 * told only where the way leads to the anchor: below somebody else's key nothing is
 * the manufacturer's.
 */
static enum pledge_verdict
climb(struct path *p, const struct certificate *c,
    const struct pledge_anchor *anchor, unsigned depth,
    enum pledge_verdict found)
{
	int64_t from = p->from, until = p->until;
	enum pledge_verdict v;
	struct message m;

	if (found == PLEDGE_ACCEPTED)
		found = below_check(c, anchor);
	if ((v = pledge_certificate_message(c, &m)) != PLEDGE_ACCEPTED)
		return v;
	interval_narrow(p, c);
	v = anchor_check(p, &m, anchor);
	if (v == PLEDGE_ACCEPTED)
		v = found;
	else if (v == PLEDGE_SIGNATURE)
		v = climb_on(p, c, &m, anchor, depth, found);
	if (v != PLEDGE_ACCEPTED) {
		p->from = from;
		p->until = until;
	}
	return v;
}

enum pledge_verdict
pledge_path_climb(struct path *p, const struct certificate *c,
    const struct pledge_anchor *anchor)
{
	bool signs =
	    !c->has_key_usage || (c->key_usage & KEY_USAGE_SIGNATURE) != 0;

	p->from = INT64_MIN;
	p->until = INT64_MAX;
	return climb(p, c, anchor, 1,
	    c->ca || !signs ? PLEDGE_UNAUTHORIZED : PLEDGE_ACCEPTED);
}
