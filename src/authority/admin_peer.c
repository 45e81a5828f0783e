/*
 * hallmark peer add, end, list: other sites whose manifests are taken. Signer, key and
 * root are what an operator was told on another way and typed in here.
 */
#include <stdio.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/text.h"

static enum reason
read_hex(const struct message_admin *m, const char *name, uint8_t *out,
    size_t size, struct why *why)
{
	size_t len;

	if (hex_decode(out, size, &len, admin_argument(m, name)) && len == size)
		return REASON_OK;
	return why_set(why, REASON_ADMIN_ARGUMENT, -1, "%s: %zu hex digits",
	    name, 2 * size);
}

/* What is there under this name keeps its place in the chain: only key and root
 * may be others. A chain that was never met may be another one. */
static enum reason
read_peer(struct authority *a, const struct message_admin *m,
    struct store_peer *p, struct why *why)
{
	uint8_t signer[SIGNER_ID_SIZE];
	struct store_peer other;
	enum reason r;

	if ((r = admin_text(m, "name", p->name, sizeof(p->name), true, why)) !=
		REASON_OK ||
	    (r = read_hex(m, "signer", signer, sizeof(signer), why)) !=
		REASON_OK)
		return r;
	if (!store_peer_find(a->store, p->name, p)) {
		memset(&p->head, 0, sizeof(p->head));
		p->added = clock_now();
	}
	if (p->head.sequence > 0 &&
	    memcmp(signer, p->head.signer, sizeof(signer)) != 0)
		return why_set(why, REASON_PEER_EXISTS, -1,
		    "%s, with the chain of another signer", p->name);
	memcpy(p->head.signer, signer, sizeof(signer));
	r = read_hex(m, "key", p->key_sha256, HASH_SIZE, why);
	if (r == REASON_OK &&
	    store_peer_by_key(a->store, p->key_sha256, &other) &&
	    strcmp(other.name, p->name) != 0)
		r = why_set(
		    why, REASON_PEER_EXISTS, -1, "%s has this key", other.name);
	return r;
}

/* An end, or that it is there again, is a ruling. */
static enum reason
put(struct authority *a, struct pending *p, struct store_peer *row, bool ended,
    struct why *why)
{
	enum reason r = REASON_OK;

	if (row->ended != ended)
		r = ruling_end(a, p, RULING_PEER, row->name, ended, why);
	row->ended = ended;
	if (r != REASON_OK || store_peer_put(a->store, row))
		return r;
	return why_set(why, REASON_STORE_FAILED, -1, "%s", "");
}

static enum reason
add_act(struct authority *a, struct pending *p, struct why *why)
{
	struct store_peer row = { 0 };
	struct message_admin m;
	enum reason r;

	admin_again(p, &m);
	if ((r = read_peer(a, &m, &row, why)) != REASON_OK)
		return r;
	memcpy(row.root_sha256, p->facts->entry.spki_sha256, HASH_SIZE);
	return put(a, p, &row, false, why);
}

static void
add_inspected(struct authority *a, struct pending *p)
{
	char subject[KEY_NAME_MAX + HEX_SIZE(HASH_SIZE) + 2];
	char key[HEX_SIZE(HASH_SIZE)];
	struct store_peer row = { 0 };
	struct message_admin m;
	struct why why;
	enum reason r;

	admin_again(p, &m);
	r = read_peer(a, &m, &row, &why);
	if (r == REASON_OK &&
	    (!p->facts->entry.ca || !p->facts->entry.self_signed))
		r = why_set(&why, REASON_CA_MISMATCH, -1, "%.150s is no root",
		    p->facts->subject);
	if (r != REASON_OK) {
		admin_fail(a, p, r, &why);
		return;
	}
	hex_encode(key, span_of(row.key_sha256, HASH_SIZE));
	snprintf(subject, sizeof(subject), "%s %s", row.name, key);
	p->stage = STAGE_ACT;
	p->act = add_act;
	admin_act(a, p, p->origin, m.verb, subject);
}

void
peer_add(struct authority *a, struct origin from, const struct message_admin *m)
{
	struct store_peer row = { 0 };
	struct why why;
	enum reason r = read_peer(a, m, &row, &why);

	if (r != REASON_OK)
		answer_refusal(from, r, &why);
	else
		inspect_certificate(a, from, m, add_inspected);
}

/* What it brought stays, with how far its chain is known: a replay is a replay when
 * it comes back. */
static enum reason
read_ending(struct authority *a, const struct message_admin *m,
    struct store_peer *p, struct why *why)
{
	char note[NOTE_MAX + 1];
	enum reason r =
	    admin_text(m, "name", p->name, sizeof(p->name), true, why);

	if (r == REASON_OK)
		r = admin_text(m, "note", note, sizeof(note), false, why);
	if (r != REASON_OK)
		return r;
	if (!store_peer_find(a->store, p->name, p))
		return why_set(why, REASON_PEER_UNKNOWN, -1, "%s", p->name);
	return p->ended ? why_set(why, REASON_PEER_ENDED, -1, "%s", p->name)
			: REASON_OK;
}

static enum reason
end_act(struct authority *a, struct pending *p, struct why *why)
{
	struct store_peer row = { 0 };
	struct message_admin m;
	enum reason r;

	admin_again(p, &m);
	r = read_ending(a, &m, &row, why);
	return r == REASON_OK ? put(a, p, &row, true, why) : r;
}

void
peer_end(struct authority *a, struct origin from, const struct message_admin *m)
{
	struct store_peer row = { 0 };
	struct pending *p;
	struct why why;
	enum reason r = read_ending(a, m, &row, &why);

	if ((p = admin_do(a, from, m, r, &why, end_act)) != NULL)
		admin_act(a, p, from, m->verb, row.name);
}

#define ONE_PEER 720 /* octets of JSON; no entry has more */

struct listing {
	struct page page;
	struct authority *a;
};

static bool
take_newest(void *context, const struct store_ruling *r)
{
	*(struct store_ruling *)context = *r;
	return false;
}

/* When it ended, and by whom: null of one that has not, or before it was kept. */
static void
put_end(struct authority *a, struct json_out *o, const struct store_peer *p)
{
	struct store_ruling r = { .user = RULING_NOBODY };

	if (p->ended)
		store_ruling_each(
		    a->store, RULING_PEER, p->name, take_newest, &r);
	json_add_bool(o, "ended", p->ended);
	put_time(o, "ended-time", r.moment);
	json_put_name(o, "ended-by");
	if (r.user == RULING_NOBODY)
		json_put_null(o);
	else
		json_put_uint(o, (uint64_t)r.user);
}

static void
put_peer(void *context, const struct store_peer *p)
{
	struct listing *l = context;
	struct page *page = &l->page;
	struct json_out *o = &page->o;

	if (!page_reached(page, p->name) || !page_takes(page, p->name))
		return;
	json_add_text(o, "name", p->name);
	json_add_hex(o, "signer", span_of(p->head.signer, SIGNER_ID_SIZE));
	json_add_uint(o, "sequence", p->head.sequence);
	put_time(o, "time", p->moment);
	put_time(o, "added", p->added);
	json_add_hex(o, "head", span_of(p->head.sha256, HASH_SIZE));
	json_add_hex(o, "key-sha256", span_of(p->key_sha256, HASH_SIZE));
	json_put_name(o, "root-sha256");
	if (p->ended)
		json_put_null(o);
	else
		json_put_hex(o, span_of(p->root_sha256, HASH_SIZE));
	put_end(l->a, o, p);
	json_end_object(o);
}

void
peer_list(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct listing l = { .a = a };

	if (!page_open(&l.page, from, m, ONE_PEER, "peers"))
		return;
	store_peer_each(a->store, put_peer, &l);
	page_end(&l.page, from);
}
