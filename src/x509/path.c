/* Certificate paths, see path.h. */
#include "x509/path.h"

#include "x509/constraints.h"

/* Chains that were good once: by the hash of all their octets, with
 * the time in which all their dates hold, and what their top is. */
#define REMEMBERED 1024

/* Bounds of one search. An honest container needs a step a link; a check of a
 * signature costs up to 15 of the work that signature_work() counts. Six
 * certificates with the slowest keys need 90, more where there are constraints. */
#define STEPS_MAX 24
#define WORK_MAX  150

/* Links whose signature was looked at, good or not: a function of the octets. The
 * chains of one request, and of one customer, have most of theirs in common. */
#define LINKS 256

struct link {
	bool used, good;
	uint8_t sha256[HASH_SIZE];
	unsigned work; /* what that cost */
};
static struct link links[LINKS];

static struct {
	bool used;
	uint8_t sha256[HASH_SIZE];
	int64_t from, until;
	bool top_self_signed;
	unsigned work; /* of its links */
} remembered[REMEMBERED];

static void
path_hash(const struct path *p, uint8_t out[HASH_SIZE])
{
	uint8_t each[CHAIN_MAX][HASH_SIZE];
	unsigned i;

	for (i = 0; i < p->len; i++)
		sha256(p->certificates[i].der, each[i]);
	sha256(span_of(each, p->len * sizeof(each[0])), out);
}

static void
path_interval(const struct path *p, int64_t *from, int64_t *until)
{
	unsigned i;

	*from = INT64_MIN;
	*until = INT64_MAX;
	for (i = 0; i < p->len; i++) {
		if (p->certificates[i].not_before > *from)
			*from = p->certificates[i].not_before;
		if (p->certificates[i].not_after < *until)
			*until = p->certificates[i].not_after;
	}
}

static size_t
slot_of(const uint8_t hash[HASH_SIZE])
{
	return ((size_t)hash[0] << 8 | hash[1]) % REMEMBERED;
}

static bool
path_remembered(struct path *p, int64_t now)
{
	uint8_t hash[HASH_SIZE];
	size_t at;

	path_hash(p, hash);
	at = slot_of(hash);
	if (!remembered[at].used ||
	    memcmp(remembered[at].sha256, hash, HASH_SIZE) != 0 ||
	    now < remembered[at].from || now > remembered[at].until)
		return false;
	p->top_self_signed = remembered[at].top_self_signed;
	signature_work_add(remembered[at].work);
	return true;
}

static void
path_remember(const struct path *p, unsigned work)
{
	uint8_t hash[HASH_SIZE];
	size_t at;

	path_hash(p, hash);
	at = slot_of(hash);
	memcpy(remembered[at].sha256, hash, HASH_SIZE);
	path_interval(p, &remembered[at].from, &remembered[at].until);
	remembered[at].top_self_signed = p->top_self_signed;
	remembered[at].work = work;
	remembered[at].used = true;
}

/* Is child signed by issuer's key? */
static const struct link *
link_look(const struct certificate *child, const struct certificate *issuer)
{
	uint64_t begun = signature_work();
	uint8_t each[2][HASH_SIZE], hash[HASH_SIZE];
	struct link *l;

	sha256(child->der, each[0]);
	sha256(issuer->spki, each[1]);
	sha256(span_of(each, sizeof(each)), hash);
	l = &links[hash[0] % LINKS];
	if (l->used && memcmp(l->sha256, hash, HASH_SIZE) == 0) {
		signature_work_add(l->work);
		return l;
	}
	l->good = certificate_signed_with(child, issuer);
	l->work = (unsigned)(signature_work() - begun);
	memcpy(l->sha256, hash, HASH_SIZE);
	l->used = true;
	return l;
}

/* One serial of one issuer names one certificate, and one name with one key
 * identifier one key (RFC 8995 5.5.2: "contradict"). */
static bool
contradict(const struct certificate *a, const struct certificate *b)
{
	if (span_eq(a->spki, b->spki))
		return false;
	if (span_eq(a->issuer, b->issuer) && span_eq(a->serial, b->serial))
		return true;
	return span_eq(a->subject, b->subject) &&
	    a->subject_key_id.ptr != NULL && b->subject_key_id.ptr != NULL &&
	    span_eq(a->subject_key_id, b->subject_key_id);
}

static enum reason
pool_check(const struct certificate *leaf, const struct certificate *pool,
    unsigned pool_len, struct why *why)
{
	unsigned i, j;

	for (i = 0; i < pool_len; i++) {
		if (contradict(leaf, &pool[i]))
			goto refuse;
		for (j = 0; j < i; j++)
			if (contradict(&pool[i], &pool[j]))
				goto refuse;
	}
	return REASON_OK;
refuse:
	return why_set(why, REASON_CERTIFICATES_CONTRADICT, -1,
	    "certificate %u has the identity of another with another key", i);
}

static bool
on_path(const struct path *p, const struct certificate *c)
{
	unsigned i;

	for (i = 0; i < p->len; i++)
		if (span_eq(p->certificates[i].der, c->der))
			return true;
	return false;
}

/* May c have issued child, by names and key identifiers? */
static bool
fits(const struct certificate *child, const struct certificate *c)
{
	if (!span_eq(child->issuer, c->subject))
		return false;
	return child->authority_key_id.ptr == NULL ||
	    c->subject_key_id.ptr == NULL ||
	    span_eq(child->authority_key_id, c->subject_key_id);
}

/* RFC 5280 6.1.4, as far as it concerns an issuer. */
static enum reason
issuer_check(const struct path *p, unsigned i, struct why *why)
{
	const struct certificate *c = &p->certificates[i];

	if (!c->has_basic_constraints || !c->ca)
		return why_set(why, REASON_REGISTRAR_PATH, -1,
		    "certificate %u of the path issues but is no CA", i);
	if (c->has_key_usage && (c->key_usage & KEY_USAGE_CERT_SIGN) == 0)
		return why_set(why, REASON_REGISTRAR_PATH, -1,
		    "certificate %u of the path lacks keyCertSign", i);
	if (c->has_path_length && i - 1 > c->path_length)
		return why_set(why, REASON_REGISTRAR_PATH, -1,
		    "the path is longer than certificate %u allows", i);
	return REASON_OK;
}

static enum reason
path_check(const struct path *p, int64_t now, struct why *why)
{
	const struct certificate *leaf = &p->certificates[0];
	enum reason r;
	unsigned i;

	if (leaf->has_key_usage &&
	    (leaf->key_usage & KEY_USAGE_DIGITAL_SIGNATURE) == 0)
		return why_set(why, REASON_REGISTRAR_PATH, -1,
		    "the signer's keyUsage lacks digitalSignature");
	for (i = 0; i < p->len; i++) {
		const struct certificate *c = &p->certificates[i];

		if (now < c->not_before || now > c->not_after)
			return why_set(why, REASON_REGISTRAR_PATH, -1,
			    "certificate %u of the path %s", i,
			    now < c->not_before ? "is not valid yet"
						: "has expired");
		if (c->unknown_critical)
			return why_set(why, REASON_REGISTRAR_PATH, -1,
			    "certificate %u has an unknown critical extension",
			    i);
		if (i > 0 && (r = issuer_check(p, i, why)) != REASON_OK)
			return r;
	}
	return REASON_OK;
}

/*
 * One search upward. There may be several issuers of one name (cross-signed
 * CAs, a root beside its renewal), so a path that does not hold is taken back
 * by a step and the next issuer tried; the budget bounds that.
 */
struct search {
	const struct certificate *pool;
	unsigned pool_len;
	int64_t now;
	bool remembered_only;	  /* look no signature up but the cache */
	unsigned budget;	  /* steps left */
	uint64_t begun;		  /* signature_work() then */
	unsigned work[CHAIN_MAX]; /* of the links to each certificate */
	unsigned judged;	  /* of the constraints of this path */
	struct path *path;
	struct why why; /* of the first path that did not hold */
	enum reason refusal;
};

/* One step more? */
static bool
step_take(struct search *s)
{
	if (s->budget == 0 || signature_work() - s->begun > WORK_MAX) {
		s->budget = 0;
		return false;
	}
	s->budget--;
	return true;
}

static void
path_good(const struct search *s)
{
	struct path *p = s->path;
	const struct certificate *top = &p->certificates[p->len - 1];
	const struct link *own =
	    certificate_self_issued(top) ? link_look(top, top) : NULL;
	unsigned i, work = s->judged + (own == NULL ? 0 : own->work);

	for (i = 1; i < p->len; i++)
		work += s->work[i];
	p->top_self_signed = own != NULL && own->good;
	path_remember(p, work);
}

/* Is the path, which goes no further, good? */
static bool
path_judge(struct search *s)
{
	uint64_t begun = signature_work();
	struct why why;
	enum reason r;

	if (s->remembered_only) {
		/* Only the path that would be tried first may come from
		 * memory: what is remembered must not decide which one. */
		s->budget = 0;
		return path_remembered(s->path, s->now);
	}
	why_clear(&why);
	if ((r = path_check(s->path, s->now, &why)) == REASON_OK)
		r = constraints_check(
		    s->path->certificates, s->path->len, &why);
	s->judged = (unsigned)(signature_work() - begun);
	if (r == REASON_OK) {
		path_good(s);
		return true;
	}
	if (s->refusal == REASON_OK) {
		s->refusal = r;
		s->why = why;
	}
	return false;
}

static bool climb(struct search *s);

/* Tries c as the issuer of the last certificate; *issued if it is. */
static bool
climb_over(struct search *s, const struct certificate *c, bool *issued)
{
	struct path *p = s->path;
	const struct certificate *child = &p->certificates[p->len - 1];
	const struct link *l;

	if (!fits(child, c) || on_path(p, c) || !step_take(s))
		return false;
	if (!s->remembered_only) {
		l = link_look(child, c);
		if (!l->good)
			return false;
		s->work[p->len] = l->work;
	}
	*issued = true;
	p->certificates[p->len++] = *c;
	if (climb(s))
		return true;
	p->len--;
	return false;
}

/* As far up as the certificates go, or to a self-issued one: these come first,
 * so that a customer's own root is the top, not one who cross-signed it. */
static bool
climb(struct search *s)
{
	struct path *p = s->path;
	bool issued = false;
	unsigned i, turn;

	if (p->len == CHAIN_MAX ||
	    certificate_self_issued(&p->certificates[p->len - 1]))
		return path_judge(s);
	for (turn = 0; turn < 2; turn++)
		for (i = 0; i < s->pool_len; i++)
			if (certificate_self_issued(&s->pool[i]) ==
				(turn == 0) &&
			    climb_over(s, &s->pool[i], &issued))
				return true;
	return !issued && s->budget > 0 && path_judge(s);
}

enum reason
path_build(const struct certificate *leaf, const struct certificate *pool,
    unsigned pool_len, int64_t now, struct path *out, struct why *why)
{
	struct search s = { .pool = pool,
		.pool_len = pool_len,
		.now = now,
		.path = out,
		.remembered_only = true,
		.budget = STEPS_MAX,
		.begun = signature_work() };
	enum reason r;

	if ((r = pool_check(leaf, pool, pool_len, why)) != REASON_OK)
		return r;
	/* A path that was good before needs no signature again: if the names
	 * lead to the very same octets, so do the signatures. */
	out->len = 1;
	out->certificates[0] = *leaf;
	if (climb(&s))
		return REASON_OK;
	s.remembered_only = false;
	s.budget = STEPS_MAX;
	out->len = 1;
	if (climb(&s))
		return REASON_OK;
	if (s.refusal == REASON_OK)
		return why_set(why, REASON_REGISTRAR_PATH, -1,
		    "no path was found in %u steps or their work", STEPS_MAX);
	if (why != NULL)
		*why = s.why;
	return s.refusal;
}
