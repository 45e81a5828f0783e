/* hallmark service status, and the operator's word about the clock. */
#include "authority/authority.h"
#include "base/clock.h"

/* What the store's copy ends with. */
static void
put_head(struct authority *a, struct json_out *o)
{
	struct store_head head;

	store_journal_head(a->store, &head);
	json_add_hex(o, "signer", span_of(head.signer, sizeof(head.signer)));
	json_add_uint(o, "sequence", head.sequence);
	json_add_hex(o, "sha256", span_of(head.sha256, HASH_SIZE));
}

static void
put_keys(const struct authority *a, struct json_out *o, const char *name,
    enum key_purpose purpose)
{
	unsigned n, state;
	size_t i;

	json_put_name(o, name);
	json_begin_object(o);
	for (state = KEY_REQUESTED; state <= KEY_STATE_LAST; state++) {
		for (n = 0, i = 0; i < a->ledger.keys_len; i++)
			n += a->ledger.keys[i].order.purpose == purpose &&
			    a->ledger.keys[i].state == state;
		json_add_uint(o, key_state_name((enum key_state)state), n);
	}
	json_end_object(o);
}

/* each stops what needs it, and an alarm at a start is easily missed. */
static void
put_unreached(const struct authority *a, struct json_out *o)
{
	const struct ledger_key *k;
	unsigned listed = 0;
	size_t i;

	json_put_name(o, "out-of-reach");
	json_begin_array(o);
	for (i = 0; i < a->ledger.keys_len && listed < KEYS_LISTED; i++) {
		k = &a->ledger.keys[i];
		if ((a->unreached[i / 8] >> i % 8 & 1) == 0 ||
		    key_state_over(k->state))
			continue;
		listed++;
		json_put_text(o, k->order.name);
	}
	json_end_array(o);
}

/* The old forms: which are taken, and who still needs them. */
static void
put_use(void *context, const struct store_legacy *use)
{
	struct store_legacy *all = context;
	unsigned i;

	for (i = 0; i < LEGACY_COUNT; i++)
		if (strcmp(use->form, legacy_form(i)->name) == 0)
			all[i] = *use;
}

static void
put_legacy(struct authority *a, struct json_out *o)
{
	struct store_legacy uses[LEGACY_COUNT] = { 0 };
	unsigned i;

	store_legacy_each(a->store, put_use, uses);
	json_put_name(o, "legacy");
	json_begin_object(o);
	for (i = 0; i < LEGACY_COUNT; i++) {
		json_put_name(o, legacy_form(i)->name);
		json_begin_object(o);
		json_add_text(o, "switch",
		    legacy_form(i)->product			    ? "product"
			: (a->start.config.legacy & LEGACY(i)) != 0 ? "on"
								    : "off");
		json_add_uint(o, "uses", uses[i].uses);
		if (uses[i].uses > 0) {
			put_time(o, "last", uses[i].last);
			json_add_text(o, "serial", uses[i].serial);
		}
		json_end_object(o);
	}
	json_end_object(o);
}

/* octets, as their pledges get them, of vouchers given since the start. */
static void
put_sizes(const struct authority *a, struct json_out *o)
{
	static const char *const names[] = { NULL, "cms", "jws", "cose" };
	unsigned i;

	json_put_name(o, "voucher-octets");
	json_begin_object(o);
	for (i = FORMAT_CMS_JSON; i <= FORMAT_COSE_CBOR; i++) {
		if (a->sizes[i].last == 0)
			continue;
		json_put_name(o, names[i]);
		json_begin_object(o);
		json_add_uint(o, "last", a->sizes[i].last);
		json_add_uint(o, "least", a->sizes[i].least);
		json_add_uint(o, "most", a->sizes[i].most);
		json_end_object(o);
	}
	json_add_uint(o, "over-limit", a->over_limit);
	json_end_object(o);
}

static void
see_root(void *context, const struct store_ca *ca)
{
	*(bool *)context |= ca->state == KEY_ACTIVE && ca_software_root(ca);
}

/* "software root" where a key in use depends on one. */
static void
put_root(const struct authority *a, struct json_out *o)
{
	bool software = false;

	store_ca_each(a->store, see_root, &software);
	json_add_text(o, "root", software ? "software root" : "other");
}

void
service_status(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	static char room[ADMIN_BLOB_MAX];
	struct json_out o;

	(void)m;
	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_add_bool(&o, "synced", a->synced);
	json_add_optional(&o, "trouble",
	    a->trouble == REASON_OK ? NULL : reason_code(a->trouble));
	json_add_bool(&o, "store-failed", a->commit_failed);
	json_add_bool(&o, "test", a->ledger.test);
	put_root(a, &o);
	json_add_uint(&o, "devices", store_count(a->store, TABLE_DEVICE));
	json_add_uint(&o, "vouchers", store_count(a->store, TABLE_VOUCHER));
	json_add_uint(&o, "refusals", store_count(a->store, TABLE_REFUSAL));
	json_add_uint(&o, "holds-unconfirmed", store_lapse_count(a->store));
	json_add_uint(&o, "look-ups", a->look_ups);
	json_put_name(&o, "journal");
	json_begin_object(&o);
	put_head(a, &o);
	json_end_object(&o);
	put_keys(a, &o, "voucher-keys", PURPOSE_VOUCHER);
	put_keys(a, &o, "issuing-cas", PURPOSE_IDEVID_CA);
	put_unreached(a, &o);
	limits_status(a, &o);
	expiry_status(a, &o);
	put_sizes(a, &o);
	masa_names_status(a, &o);
	put_legacy(a, &o);
	numbers_status(a, &o);
	lines_status(a, &o);
	recheck_status(a, &o);
	json_end_object(&o);
	answer_json(from, &o);
}

/* --- the copy, record by record, for a journal that lost some --- */

static bool
add_record(void *context, struct span record)
{
	struct buf *b = context;
	uint8_t len[4] = { (uint8_t)(record.len >> 24),
		(uint8_t)(record.len >> 16), (uint8_t)(record.len >> 8),
		(uint8_t)record.len };

	if (b->len + 4 + record.len > ADMIN_ARTIFACT_MAX)
		return false;
	return buf_add(b, span_of(len, 4)) && buf_add(b, record);
}

void
journal_copy(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	char room[512];
	struct json_out o;
	struct span json = { NULL, 0 };
	struct why why;
	struct buf b;
	uint64_t first;
	enum reason r =
	    admin_number(m, "from", INT64_MAX, INT64_MAX, &first, &why);

	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	buf_init(&b, ADMIN_ARTIFACT_MAX);
	store_journal_read(a->store, first, add_record, &b);
	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	put_head(a, &o);
	json_end_object(&o);
	(void)json_out_span(&o, &json);
	answer_admin(from, json, buf_span(&b));
	buf_free(&b);
}

/* The signer stopped because the clock stepped; the operator has looked. */
void
clock_confirm(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct pending *p = admin_pending(a, STAGE_ACT, from, m);

	if (p != NULL)
		admin_act(a, p, from, m->verb, "");
}
