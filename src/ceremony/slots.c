/*
 * A plan against the ledger of slots (IP 5.2), which is in the journal of the home
 * where the root signs, and comes as `hallmark slot list --json` prints it: which CA
 * of its slot a request is, is read there and not off a name.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/text.h"
#include "ceremony/plan.h"
#include "model/serial.h"
#include "wire/json.h"

/* What one list of JSON holds. A ledger may have as many keys and as many slots that were
 * given away, so it can have more: then nothing is planned on it (hallmark-plan.5). */
#define ROWS_MAX JSON_MAX_ELEMENTS

struct slot_row {
	char slot[SLOT_TOKEN_MAX + 1];
	char key[KEY_NAME_MAX + 1]; /* "" of a slot that was given away */
	char given_to[FACTORY_NAME_MAX + 1];
	char state[16];
	uint64_t generation, last_counter;
	uint8_t spki_sha256[HASH_SIZE];
};
struct slot_rows {
	struct slot_row all[ROWS_MAX];
	size_t len;
};

/* --- reading --- */

/* null and what is not there is empty; false for another kind, or too long. */
static bool
text_of(const struct json_value *row, const char *name, char *out, size_t cap)
{
	struct json_value v;
	size_t len;

	out[0] = '\0';
	return !json_member(row, name, &v) || v.type == JSON_NULL ||
	    (json_string(&v, out, cap, &len) == WIRE_OK &&
		text_printable(span_str(out)));
}

static bool
number_of(const struct json_value *row, const char *name, uint64_t *out)
{
	struct json_value v;

	*out = 0;
	return !json_member(row, name, &v) || v.type == JSON_NULL ||
	    json_uint(&v, out) == WIRE_OK;
}

static bool
row_read(const struct json_value *v, struct slot_row *row)
{
	char hash[2 * HASH_SIZE + 1];
	size_t len;

	return v->type == JSON_OBJECT &&
	    text_of(v, "slot", row->slot, sizeof(row->slot)) &&
	    slot_valid(row->slot) &&
	    text_of(v, "key", row->key, sizeof(row->key)) &&
	    text_of(v, "given-to", row->given_to, sizeof(row->given_to)) &&
	    text_of(v, "state", row->state, sizeof(row->state)) &&
	    number_of(v, "generation", &row->generation) &&
	    number_of(v, "last-counter", &row->last_counter) &&
	    text_of(v, "spki-sha256", hash, sizeof(hash)) &&
	    (row->key[0] == '\0' ? strcmp(row->state, "given") == 0
				 : hex_decode(row->spki_sha256, HASH_SIZE, &len,
				       span_str(hash)) &&
			len == HASH_SIZE);
}

static enum reason
rows_read(struct span text, struct slot_rows *out, struct why *why)
{
	struct json_value root, list, one;
	struct json_iter i;
	size_t where = 0;

	if (json_parse(text, &root, &where) != WIRE_OK ||
	    !json_member(&root, "slots", &list) || list.type != JSON_ARRAY)
		return why_set(why, REASON_PLAN_SLOT, (long)where,
		    "it is not what slot list --json prints");
	json_iter_open(&i, &list);
	while (json_iter_next(&i, NULL, &one)) {
		if (out->len == ROWS_MAX ||
		    !row_read(&one, &out->all[out->len]))
			return why_set(why, REASON_PLAN_SLOT,
			    (long)(one.raw.ptr - text.ptr),
			    "entry %zu of the slot list", out->len + 1);
		out->len++;
	}
	return REASON_OK;
}

/* --- what it says of one planned CA --- */

static bool
is_over(const struct slot_row *row)
{
	return strcmp(row->state, "retired") == 0 ||
	    strcmp(row->state, "archived") == 0 ||
	    strcmp(row->state, "destroyed") == 0;
}

/* Others that a reader would take for it, and others that live in it. */
static enum reason
check_others(const struct slot_rows *rows, const struct plan_item *item,
    const struct slot_row *own, struct why *why)
{
	const struct slot_row *row;

	for (row = rows->all; row < rows->all + rows->len; row++) {
		if (row == own || !token_alike(row->slot, item->slot))
			continue;
		if (strcmp(row->slot, item->slot) != 0)
			return why_set(why, REASON_PLAN_SLOT, -1,
			    "%s: slot %s reads like %s of %s", item->handle,
			    item->slot, row->slot,
			    row->key[0] != '\0' ? row->key : row->given_to);
		if (row->key[0] == '\0' || !is_over(row))
			return why_set(why, REASON_PLAN_SLOT, -1,
			    "%s: slot %s is in use: %s is %s", item->handle,
			    item->slot,
			    row->key[0] != '\0' ? row->key : row->given_to,
			    row->state);
	}
	return REASON_OK;
}

/* A later generation goes on behind the last counter of the one before. */
static enum reason
check_passing(const struct slot_rows *rows, const struct plan_item *item,
    const struct slot_row *own, struct why *why)
{
	const struct slot_row *row;

	for (row = rows->all; row < rows->all + rows->len; row++)
		if (strcmp(row->slot, own->slot) == 0 &&
		    row->generation + 1 == own->generation &&
		    row->last_counter <= own->last_counter)
			return REASON_OK;
	return why_set(why, REASON_PLAN_SLOT, -1,
	    "%s: no entry passes slot %s to generation %llu with the last "
	    "counter of the one before",
	    item->handle, item->slot, (unsigned long long)own->generation);
}

static enum reason
check_own(const struct slot_rows *rows, const struct plan_item *item,
    const struct slot_row *own, struct why *why)
{
	enum reason r;

	if (strcmp(own->slot, item->slot) != 0)
		return why_set(why, REASON_PLAN_SLOT, -1,
		    "%s: the request is of key %s, whose slot is %s",
		    item->handle, own->key, own->slot);
	if (strcmp(own->state, "requested") != 0)
		return why_set(why, REASON_PLAN_SLOT, -1,
		    "%s: key %s is %s already", item->handle, own->key,
		    own->state);
	if (own->generation != item->number)
		return why_set(why, REASON_PLAN_SLOT, -1,
		    "%s: key %s is generation %llu of slot %s, not %u",
		    item->handle, own->key, (unsigned long long)own->generation,
		    own->slot, item->number);
	if ((r = check_others(rows, item, own, why)) != REASON_OK)
		return r;
	return own->generation == 1 ? REASON_OK
				    : check_passing(rows, item, own, why);
}

/* A request from elsewhere: the slot was given there. What became of it there no
 * entry says, so it cannot pass to a successor. */
static enum reason
check_given(
    const struct slot_rows *rows, const struct plan_item *item, struct why *why)
{
	const struct slot_row *row, *given = NULL;
	enum reason r;

	for (row = rows->all; row < rows->all + rows->len; row++)
		if (row->key[0] == '\0' && strcmp(row->slot, item->slot) == 0)
			given = row;
	if ((r = check_others(rows, item, given, why)) != REASON_OK)
		return r;
	if (given == NULL)
		return why_set(why, REASON_PLAN_SLOT, -1,
		    "%s: the ledger has neither this key nor slot %s",
		    item->handle, item->slot);
	if (item->number != 1)
		return why_set(why, REASON_PLAN_SLOT, -1,
		    "%s: slot %s was given to %s, and no entry passes it on to "
		    "generation %u",
		    item->handle, item->slot, given->given_to, item->number);
	return REASON_OK;
}

static enum reason
check_item(
    const struct slot_rows *rows, const struct plan_item *item, struct why *why)
{
	const struct slot_row *row;

	for (row = rows->all; row < rows->all + rows->len; row++)
		if (row->key[0] != '\0' &&
		    memcmp(row->spki_sha256, item->csr.spki_sha256,
			HASH_SIZE) == 0)
			return check_own(rows, item, row, why);
	return check_given(rows, item, why);
}

/* Two of one plan: no slot has two living CAs. */
static enum reason
check_apart(const struct plan *p, unsigned at, struct why *why)
{
	const struct plan_item *item = &p->items[at];
	unsigned i;

	for (i = 0; i < at; i++)
		if (p->items[i].slot[0] != '\0' &&
		    token_alike(p->items[i].slot, item->slot))
			return why_set(why, REASON_PLAN_SLOT, -1,
			    "%s and %s: slots %s and %s read alike",
			    p->items[i].handle, item->handle, p->items[i].slot,
			    item->slot);
	return REASON_OK;
}

enum reason
slots_check(const struct plan *p, struct why *why)
{
	struct slot_rows *rows = memory_new(sizeof(*rows));
	enum reason r = REASON_OK;
	unsigned i;

	if (p->slots_file[0] != '\0')
		r = rows_read(buf_span(&p->slots), rows, why);
	for (i = 0; r == REASON_OK && i < p->items_len; i++) {
		if (p->items[i].slot[0] == '\0')
			continue;
		if (p->slots_file[0] == '\0')
			r = why_set(why, REASON_PLAN_SLOT, -1,
			    "%s: the plan names no slot list",
			    p->items[i].handle);
		else if ((r = check_apart(p, i, why)) == REASON_OK)
			r = check_item(rows, &p->items[i], why);
	}
	free(rows);
	return r;
}
