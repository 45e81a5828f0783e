/*
 * hallmark manifest export, from here: which key and how far, and the signer's
 * seal. Records and certificates are put together by the command line, so that
 * no frame limits them.
 */
#include <stdio.h>

#include "authority/authority.h"
#include "base/text.h"

static const struct key_entry *
manifest_key(const struct authority *a)
{
	const struct key_use use = { SIGNED_MANIFEST, NULL, NULL };

	return key_for(a, &use);
}

/* The first of manifest-1, manifest-2, ... that no key has had. */
static void
free_name(const struct authority *a, char out[KEY_NAME_MAX + 1])
{
	unsigned n = 1;

	do
		snprintf(out, KEY_NAME_MAX + 1, "manifest-%u", n++);
	while (ledger_key_find(&a->ledger, out) != NULL);
}

static void
put_key(struct authority *a, struct json_out *o)
{
	const struct key_entry *key = manifest_key(a);
	const struct ledger_key *k =
	    key == NULL ? NULL : ledger_key_find(&a->ledger, key->name);
	char name[KEY_NAME_MAX + 1];

	free_name(a, name);
	json_add_optional(o, "key", k == NULL ? NULL : key->name);
	json_put_name(o, "key-sha256");
	if (k == NULL)
		json_put_null(o);
	else
		json_put_hex(o, span_of(k->spki_sha256, HASH_SIZE));
	json_add_uint(o, "from", k == NULL ? 1 : k->last_record + 1);
	json_add_text(o, "free-name", name);
}

void
manifest_state(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	char room[512];
	struct json_out o;

	(void)m;
	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_add_hex(
	    &o, "signer", span_of(a->ledger.signer, sizeof(a->ledger.signer)));
	json_add_uint(&o, "sequence", a->ledger.sequence);
	put_key(a, &o);
	json_end_object(&o);
	answer_json(from, &o);
}

static bool
read_octets(
    const struct message_admin *m, const char *name, uint8_t *out, size_t len)
{
	struct span value = admin_argument(m, name);

	if (value.len != len)
		return false;
	memcpy(out, value.ptr, len);
	return true;
}

static enum reason
read_statement(const struct message_admin *m, struct manifest_statement *s,
    struct why *why)
{
	enum reason r;

	if ((r = admin_number(m, "first", INT64_MAX, 0, &s->first, why)) !=
		REASON_OK ||
	    (r = admin_number(m, "last", INT64_MAX, 0, &s->last, why)) !=
		REASON_OK)
		return r;
	if (s->first == 0 || s->first > s->last ||
	    !read_octets(m, "signer", s->signer, sizeof(s->signer)) ||
	    !read_octets(m, "head", s->head, HASH_SIZE) ||
	    !read_octets(m, "content", s->content, HASH_SIZE))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "signer, first, last, head and content");
	return REASON_OK;
}

/* What the signer hands out comes back as it is (ca_signed). */
void
manifest_sign(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	const struct key_entry *key = manifest_key(a);
	struct peer *signer = signer_peer(a);
	struct manifest_order o = { 0 };
	struct pending *p;
	struct why why;
	enum reason r = read_statement(m, &o.statement, &why);

	if (r == REASON_OK && key == NULL)
		r = why_set(&why, REASON_CA_UNKNOWN, -1, "for manifests");
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if ((p = admin_pending(a, STAGE_KEY, from, m)) == NULL)
		return;
	memcpy(o.key, key->name, sizeof(o.key));
	signer_sent(a, p,
	    signer != NULL &&
		PEER_SEND(
		    signer, SIGN_MANIFEST, pending_id(p), manifest_order, &o));
}
