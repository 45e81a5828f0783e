/*
 * hallmark ca destroy, ca archive: what is to be signed goes out, and with
 * two operators' signatures the order goes to the signer, which judges them.
 */
#include "authority/authority.h"
#include "base/text.h"

static enum reason
read_end(const struct message_admin *m, struct end_order *e, struct why *why)
{
	struct span archive = admin_argument(m, "archive-sha256");
	enum reason r;

	if ((r = admin_text(m, "name", e->name, sizeof(e->name), true, why)) !=
	    REASON_OK)
		return r;
	if (archive.len == HASH_SIZE)
		memcpy(e->archive_sha256, archive.ptr, HASH_SIZE);
	return admin_signatures(m, e->signatures, &e->signatures_len, why);
}

static void
ca_end(struct authority *a, struct origin from, const struct message_admin *m,
    enum key_end how)
{
	struct peer *signer = signer_peer(a);
	struct end_order e = { .how = how };
	struct pending *p;
	struct why why;
	enum reason r = read_end(m, &e, &why);

	if (r == REASON_OK && key_by_name(a, e.name) == NULL)
		r = why_set(&why, REASON_CA_UNKNOWN, -1, "%s", e.name);
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if ((p = admin_pending(a, STAGE_KEY, from, m)) == NULL)
		return;
	memcpy(p->key, e.name, sizeof(p->key));
	if (e.signatures_len > 0)
		admin_act(a, NULL, from, m->verb, e.name);
	signer_sent(a, p,
	    signer != NULL &&
		PEER_SEND(signer, KEY_END, pending_id(p), end_order, &e));
}

void
ca_destroy(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	ca_end(a, from, m, END_DESTROY);
}

void
ca_archive(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	ca_end(a, from, m, END_ARCHIVE);
}
