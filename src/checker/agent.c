/*
 * Row 15 for a pledge that a registrar-agent serves (PRM, MP 15.1): the pledge
 * has seen no registrar, but what the agent signed and the certificate of the
 * registrar that it acts for.
 *
 * "The same domain owner" is a CA that both have in common, and no public one,
 * which strangers have in common as well. The chains are built from what came
 * along; if that is too little, CAs that are on file for the registrar's customer
 * make one domain of what they issued (doc/decisions/041).
 *
 * Of whoever did not sign this request only the issuer counts, whose key signed the
 * certificate: a certificate with the name and key of somebody else's CA, below
 * one's own, is quickly made and sent along (doc/decisions/074).
 */
#include "base/clock.h"
#include "base/fatal.h"
#include "base/text.h"
#include "checker/rows.h"
#include "wire/json.h"

#define WRAPPED	    "ietf-voucher-request-prm:agent-signed-data"
#define AGENT_AHEAD 300 /* seconds: clocks differ, as in row 7 */
#define STRANGE	    "its issuer is none of the domain's, nor on file for it"

/* What the agent says, before anybody has believed it. */
struct agent_data {
	int64_t created_on;
	char serial[SERIAL_MAX + 1];
};

bool
is_by_agent(const struct voucher_request *pledge)
{
	return pledge->assertion == ASSERTION_AGENT_PROXIMITY &&
	    pledge->agent_signed_data.ptr != NULL;
}

/* The registrar's own names it, else the pledge's (MP 6.2). */
static const struct voucher_request *
agent_named_by(const struct workspace *room)
{
	return room->registrar.request.agent_certificates_len > 0
	    ? &room->registrar.request
	    : &room->pledge.request;
}

/* What came along, without the pledge's chain and the leaf itself. */
static unsigned
pool_fill(const struct workspace *room, const struct certificate *leaf,
    struct certificate pool[PATH_POOL_MAX])
{
	const struct envelope *e = &room->registrar.envelope;
	const struct voucher_request *q = agent_named_by(room);
	unsigned i, n = 0;

	for (i = 0; i < e->certificates_len && n < PATH_POOL_MAX; i++)
		if (!room->pledges[i] &&
		    !span_eq(e->certificates[i].der, leaf->der))
			pool[n++] = e->certificates[i];
	for (i = 0; i < q->agent_certificates_len && n < PATH_POOL_MAX; i++)
		if (!span_eq(q->agent_certificates[i], leaf->der) &&
		    certificate_read(
			q->agent_certificates[i], &pool[n], NULL) == REASON_OK)
			n++;
	return n;
}

/* By what a certificate says itself; which CAs are public policy knows
 * (doc/decisions/028). */
static bool
path_is_public(const struct path *p)
{
	unsigned i;

	for (i = 0; i < p->len; i++)
		if (certificate_public_policy(&p->certificates[i]))
			return true;
	return false;
}

static void
name_add(struct request_facts *f, struct span name)
{
	uint8_t hash[HASH_SIZE];
	unsigned i;

	sha256(name, hash);
	for (i = 0; i < f->agent_names_len; i++)
		if (memcmp(f->agent_names[i], hash, HASH_SIZE) == 0)
			return;
	if (f->agent_names_len == AGENT_NAMES_MAX)
		fatal("two paths have more names than they have room for");
	memcpy(f->agent_names[f->agent_names_len++], hash, HASH_SIZE);
}

/* For policy: a public CA in this path, or right above it, makes no domain. */
static void
names_add(struct request_facts *f, const struct path *p)
{
	unsigned i;

	for (i = 0; i < p->len; i++) {
		name_add(f, p->certificates[i].spki);
		name_add(f, p->certificates[i].issuer);
	}
}

static bool
same_key(const struct path *a, const struct path *b)
{
	return span_eq(a->certificates[0].spki, b->certificates[0].spki);
}

/* Is the issuer of the first among the CAs above the other one, this many of
 * them? */
static bool
same_issuer(const struct path *p, const struct path *other, unsigned cas)
{
	unsigned i;

	for (i = 1; p->len > 1 && i <= cas && i < other->len; i++)
		if (span_eq(
			p->certificates[1].spki, other->certificates[i].spki))
			return true;
	return false;
}

/* The CA on file that issued the end entity of this path. */
static bool
ca_find(const struct workspace *room, const struct path *p, int64_t now,
    uint8_t key[HASH_SIZE])
{
	const struct certificate *leaf = &p->certificates[0];
	struct certificate ca;
	unsigned n;

	for (n = 0; n < room->on_record->cas_len; n++) {
		if (certificate_read(room->on_record->cas[n], &ca, NULL) !=
			REASON_OK ||
		    now < ca.not_before || now > ca.not_after)
			continue;
		sha256(ca.spki, key);
		if (p->len > 1 && span_eq(p->certificates[1].spki, ca.spki))
			return true;
		if (span_eq(leaf->issuer, ca.subject) &&
		    certificate_signed_by(leaf, &ca))
			return true;
	}
	return false;
}

/* Is it of the customer whose registrar signed this request? That one's own key
 * says so, or a CA on file, which the facts name. */
static bool
is_customers(struct walk *w, const struct path *p)
{
	const struct workspace *room = w->room;
	struct request_facts *f = w->facts;
	uint8_t key[HASH_SIZE];
	unsigned i;

	if (room->on_record->cas_len == 0)
		return false;
	if (same_key(p, &room->path))
		return true;
	if (!ca_find(room, p, w->now, key))
		return false;
	for (i = 0; i < f->agent_cas_len; i++)
		if (memcmp(f->agent_cas[i], key, HASH_SIZE) == 0)
			return true;
	if (f->agent_cas_len == AGENT_CAS_MAX)
		fatal("two chains have more than two CAs");
	memcpy(f->agent_cas[f->agent_cas_len++], key, HASH_SIZE);
	return true;
}

/* By CAs on file, for which the caller has to ask. */
static bool
same_customer(struct walk *w, const struct path *a, const struct path *b)
{
	w->room->look_up = w->room->on_record == NULL;
	return !w->room->look_up && is_customers(w, a) && is_customers(w, b);
}

/* Check 1: all CAs above the signer count, since each has signed for the one below
 * it. */
static bool
registrar_belongs(struct walk *w)
{
	const struct path *named = &w->room->agent_paths[0];
	const struct path *signer = &w->room->path;

	if (same_key(named, signer))
		return true;
	names_add(w->facts, named);
	return !path_is_public(named) && !path_is_public(signer) &&
	    (same_issuer(named, signer, CHAIN_MAX) ||
		same_customer(w, named, signer));
}

/* Check 2; behind check 1 the signer's CAs are those of the registrar as well. */
static bool
agent_belongs(struct walk *w)
{
	const struct path *agent = &w->room->agent_paths[1];
	const struct path *named = &w->room->agent_paths[0];
	const struct path *signer = &w->room->path;

	if (same_key(agent, named) || same_key(agent, signer))
		return true;
	names_add(w->facts, agent);
	names_add(w->facts, named);
	return !path_is_public(agent) && !path_is_public(named) &&
	    !path_is_public(signer) &&
	    (same_issuer(agent, named, 1) ||
		same_issuer(agent, signer, CHAIN_MAX) ||
		same_customer(w, agent, named));
}

static enum reason
data_refused(struct why *why, const char *what)
{
	return why_set(why, REASON_AGENT_DATA, -1, "%s", what);
}

static enum reason
data_read(struct walk *w, struct agent_data *out, struct why *why)
{
	struct workspace *room = w->room;
	struct signed_object *o = &room->agent_data;
	struct json_value root, inner, v;
	char date[72];
	size_t len;
	struct why said;

	if (jws_read(room->pledge.request.agent_signed_data, room->agent_arena,
		sizeof(room->agent_arena), o, &said) != REASON_OK)
		return why_set(
		    why, REASON_AGENT_DATA, said.offset, "%.150s", said.text);
	if (json_parse(o->content, &root, NULL) != WIRE_OK ||
	    root.type != JSON_OBJECT)
		return data_refused(why, "the payload is no JSON object");
	/* PRM's text has the members alone, its examples in a container, which
	 * is as old as their root (MP 15.1). */
	if (json_member(&root, WRAPPED, &inner)) {
		enum reason r =
		    legacy_use(w, LEGACY_ROOTS, true, REASON_LEGACY_FORM, why);

		if (r != REASON_OK)
			return r;
		root = inner;
	}
	if (root.type != JSON_OBJECT ||
	    !json_member(&root, "serial-number", &v) ||
	    json_string(&v, out->serial, sizeof(out->serial), &len) != WIRE_OK)
		return data_refused(why, "serial-number is no text");
	if (!json_member(&root, "created-on", &v) ||
	    json_string(&v, date, sizeof(date), &len) != WIRE_OK ||
	    !date_parse(span_of(date, len), &out->created_on))
		return data_refused(why, "created-on is no date");
	return REASON_OK;
}

/* Check 1: the registrar that the agent named is this one's neighbour. */
static enum reason
check_registrar(struct walk *w, struct why *why)
{
	struct workspace *room = w->room;
	struct span der = room->pledge.request.agent_registrar;
	struct certificate pool[PATH_POOL_MAX], named;
	struct why said;
	enum reason r;

	if (der.ptr == NULL)
		return why_set(
		    why, REASON_AGENT_REGISTRAR_MISSING, -1, "%s", "");
	if ((r = certificate_read(der, &named, why)) != REASON_OK)
		return as_prior(r, why);
	if (path_build(&named, pool, pool_fill(room, &named, pool), w->now,
		&room->agent_paths[0], &said) != REASON_OK)
		return why_set(why, REASON_AGENT_REGISTRAR_DOMAIN, -1, "%.150s",
		    said.text);
	if (!registrar_belongs(w))
		return why_set(why, REASON_AGENT_REGISTRAR_DOMAIN, -1, STRANGE);
	return REASON_OK;
}

/* Check 3, its first half: RFC 7515 4.1.4, base64 of the key identifier. */
static enum reason
check_key_id(const struct signed_object *o, const struct certificate *agent,
    struct why *why)
{
	uint8_t id[KEY_ID_MAX];
	size_t len;

	if (o->key_id.ptr == NULL)
		return why_set(
		    why, REASON_AGENT_KEY_ID, -1, "the header has no kid");
	if (agent->subject_key_id.ptr == NULL ||
	    !base64_decode(id, sizeof(id), &len, o->key_id, BASE64_STANDARD) ||
	    !span_eq(span_of(id, len), agent->subject_key_id))
		return why_set(why, REASON_AGENT_KEY_ID, -1, "they differ");
	return REASON_OK;
}

/* Checks 2 and 3, for the first agent-sign-cert. Its dates are held against the
 * moment at which it signed, not against now. */
static enum reason
check_agent(struct walk *w, const struct agent_data *d, struct why *why)
{
	struct workspace *room = w->room;
	struct certificate pool[PATH_POOL_MAX], agent;
	struct why said;
	enum reason r;

	if (certificate_read(agent_named_by(room)->agent_certificates[0],
		&agent, &said) != REASON_OK)
		return why_set(why, REASON_AGENT_DOMAIN, said.offset,
		    "agent-sign-cert: %.150s", said.text);
	if ((r = check_key_id(&room->agent_data, &agent, why)) != REASON_OK)
		return r;
	if (!object_verify_key(&room->agent_data, agent.spki))
		return why_set(why, REASON_AGENT_SIGNATURE, -1, "%s", "");
	if (d->created_on < agent.not_before ||
	    d->created_on > agent.not_after ||
	    d->created_on > w->now + AGENT_AHEAD)
		return why_set(why, REASON_AGENT_DATE, -1, "%s",
		    d->created_on > w->now + AGENT_AHEAD
			? "created-on lies ahead"
			: "created-on is outside of its dates");
	if (path_build(&agent, pool, pool_fill(room, &agent, pool),
		d->created_on, &room->agent_paths[1], &said) != REASON_OK)
		return why_set(
		    why, REASON_AGENT_DOMAIN, -1, "%.150s", said.text);
	if (!agent_belongs(w))
		return why_set(why, REASON_AGENT_DOMAIN, -1, STRANGE);
	return REASON_OK;
}

enum reason
row_agent(struct walk *w, struct why *why)
{
	struct workspace *room = w->room;
	struct agent_data d;
	enum reason r;

	if ((r = check_registrar(w, why)) != REASON_OK ||
	    (r = work_check(w, why)) != REASON_OK ||
	    (r = data_read(w, &d, why)) != REASON_OK)
		return r;
	/* Check 4; row 14 has compared the others. */
	if (strcmp(d.serial, room->registrar.request.serial) != 0)
		return why_set(why, REASON_AGENT_SERIAL, -1, "%s", "");
	if (agent_named_by(room)->agent_certificates_len == 0) {
		w->facts->proximity = PROXIMITY_AGENT_UNNAMED;
		trace_found(
		    w->trace, "by way of an agent whose certificate is absent");
		return REASON_OK;
	}
	if ((r = check_agent(w, &d, why)) != REASON_OK)
		return r;
	w->facts->proximity = PROXIMITY_AGENT;
	trace_found(w->trace, "by way of an agent of the same domain");
	return REASON_OK;
}
