/*
 * The lines of a plan: sections, name = value, and comments, as in hallmark.ini.
 * That one's reader cuts lines at 200 characters, joins indented ones and forgets
 * where a section began; a plan is a legal document, so here each line is one
 * thing or refused.
 */
#include <stddef.h>
#include <stdio.h>

#include "base/text.h"
#include "ceremony/plan.h"
#include "model/names.h"
#include "model/serial.h"
#include "wire/utf8.h"

enum value_kind {
	VALUE_TEXT,
	VALUE_HANDLE,
	VALUE_SLOT,
	VALUE_NUMBER,
	VALUE_WORD,
	VALUE_ROLES,
	VALUE_HASH,
	VALUE_KEY,
	VALUE_PAPER,
	VALUE_YES,
	VALUE_OID,
};

struct row {
	const char *section, *name;
	enum value_kind kind;
	size_t at;
	unsigned low, high; /* of a number; high is the size of a text */
	const char *const *words;
	bool required;
};

static const char *const kind_words[] = { "create", "sign", "refresh", "drill",
	"destroy", NULL };
static const char *const purpose_words[] = { "", "voucher", "idevid", NULL };
static const char *const type_words[] = { "", "p256", "p384", NULL };
static const char *const algorithm_words[] = { "p256", "p384", "rsa2048",
	"rsa3072", NULL };
static const char *const form_words[] = { "certificate-policies",
	"private-extension", NULL };
static const char *const role_words[] = { "administrator", "operator",
	"witness", "auditor", "custodian", NULL };

const char *
plan_kind_word(unsigned kind)
{
	return kind_words[kind];
}

const char *
role_word(unsigned role)
{
	return role_words[__builtin_ctz(role)];
}

const char *
key_type_word(unsigned type)
{
	return type_words[type];
}

const char *
item_algorithm_word(unsigned algorithm)
{
	return algorithm_words[algorithm];
}

#define PLAN(member)	 offsetof(struct plan, member)
#define PLACE(member)	 offsetof(struct place, member)
#define ATTENDEE(member) offsetof(struct attendee, member)
#define ROOT(member)	 offsetof(struct plan_root, member)
#define ITEM(member)	 offsetof(struct plan_item, member)

static const struct row rows[] = {
	{ "ceremony", "title", VALUE_TEXT, PLAN(title), 0, PLAN_TEXT, NULL,
	    true },
	{ "ceremony", "kind", VALUE_WORD, PLAN(kind), 0, 0, kind_words, true },
	{ "ceremony", "organization", VALUE_TEXT, PLAN(organization), 0, 65,
	    NULL, true },
	{ "ceremony", "shares", VALUE_NUMBER, PLAN(shares), 2, SHARES_MAX, NULL,
	    true },
	{ "ceremony", "threshold", VALUE_NUMBER, PLAN(threshold), 2, SHARES_MAX,
	    NULL, true },
	{ "ceremony", "old-shares", VALUE_NUMBER, PLAN(old_shares), 2,
	    SHARES_MAX, NULL, false },
	{ "ceremony", "exception", VALUE_TEXT, PLAN(exception), 0, PLAN_TEXT,
	    NULL, false },
	{ "ceremony", "at", VALUE_TEXT, PLAN(at), 0, PLAN_TEXT, NULL, false },
	{ "ceremony", "idevid-policy", VALUE_OID, PLAN(idevid_policy), 0, 0,
	    NULL, false },
	{ "ceremony", "voucher-policy", VALUE_OID, PLAN(voucher_policy), 0, 0,
	    NULL, false },
	{ "ceremony", "voucher-policy-form", VALUE_WORD,
	    PLAN(voucher_policy_form), 0, 0, form_words, false },
	{ "ceremony", "previous", VALUE_HASH, PLAN(previous), 0, 0, NULL,
	    false },
	{ "ceremony", "slots", VALUE_TEXT, PLAN(slots_file), 0, PLAN_TEXT, NULL,
	    false },
	{ "ceremony", "slots-sha256", VALUE_HASH, PLAN(slots_sha256), 0, 0,
	    NULL, false },
	{ "place", "is", VALUE_TEXT, PLACE(is), 0, PLAN_TEXT, NULL, true },
	{ "attendee", "name", VALUE_TEXT, ATTENDEE(name), 0, PLAN_TEXT, NULL,
	    true },
	{ "attendee", "role", VALUE_ROLES, ATTENDEE(roles), 0, 0, NULL, true },
	{ "attendee", "place", VALUE_HANDLE, ATTENDEE(place), 0, 0, NULL,
	    false },
	{ "attendee", "manager", VALUE_HANDLE, ATTENDEE(manager), 0, 0, NULL,
	    false },
	{ "attendee", "key", VALUE_KEY, ATTENDEE(key_text), 0,
	    SSH_KEY_TEXT_MAX + 1, NULL, false },
	{ "attendee", "acknowledges", VALUE_PAPER, ATTENDEE(paper), 0, 0, NULL,
	    false },
	{ "attendee", "approves", VALUE_YES, ATTENDEE(approves), 0, 0, NULL,
	    false },
	{ "root", "purpose", VALUE_WORD, ROOT(purpose), 0, 0, purpose_words,
	    true },
	{ "root", "algorithm", VALUE_WORD, ROOT(type), 0, 0, type_words, true },
	{ "root", "generation", VALUE_NUMBER, ROOT(generation), 1, 999, NULL,
	    true },
	{ "root", "certificate", VALUE_TEXT, ROOT(file), 0, PLAN_TEXT, NULL,
	    false },
	{ "root", "certificate-sha256", VALUE_HASH, ROOT(certificate_sha256), 0,
	    0, NULL, false },
	{ "sign", "root", VALUE_HANDLE, ITEM(root_handle), 0, 0, NULL, true },
	{ "sign", "slot", VALUE_SLOT, ITEM(slot), 0, 0, NULL, false },
	{ "sign", "unit", VALUE_TEXT, ITEM(unit), 0, 65, NULL, false },
	{ "sign", "number", VALUE_NUMBER, ITEM(number), 1, 999999, NULL, true },
	{ "sign", "days", VALUE_NUMBER, ITEM(days), 90, 3650, NULL, false },
	{ "sign", "algorithm", VALUE_WORD, ITEM(algorithm), 0, 0,
	    algorithm_words, true },
	{ "sign", "product-policy", VALUE_OID, ITEM(product_policy), 0, 0, NULL,
	    false },
	{ "sign", "csr", VALUE_TEXT, ITEM(file), 0, PLAN_TEXT, NULL, true },
	{ "sign", "csr-sha256", VALUE_HASH, ITEM(csr_sha256), 0, 0, NULL,
	    true },
};
#define ROWS (sizeof(rows) / sizeof(*rows))

/* --- values --- */

static bool
handle_valid(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') ||
			(s.ptr[i] >= '0' && s.ptr[i] <= '9') ||
			(s.ptr[i] == '-' && i > 0)))
			return false;
	return s.len > 0 && s.len <= HANDLE_MAX;
}

static bool
text_set(char *out, size_t cap, struct span value)
{
	return value.len > 0 && utf8_valid(value) && text_copy(out, cap, value);
}

static bool
word_set(unsigned *out, const char *const *words, struct span value)
{
	unsigned i;

	for (i = 0; words[i] != NULL; i++) {
		if (value.len > 0 && span_is(value, words[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* One word, or "witness auditor". */
static bool
roles_set(unsigned *out, struct span value)
{
	unsigned i;

	if (span_is(value, "witness auditor")) {
		*out = ROLE_WITNESS | ROLE_AUDITOR;
		return true;
	}
	if (!word_set(&i, role_words, value))
		return false;
	*out = 1U << i;
	return true;
}

static bool
hash_set(uint8_t out[HASH_SIZE], struct span value)
{
	size_t len;

	return hex_decode(out, HASH_SIZE, &len, value) && len == HASH_SIZE;
}

static bool
key_set(struct attendee *a, struct span value)
{
	struct why why;

	return text_copy(a->key_text, sizeof(a->key_text), value) &&
	    ssh_key_read(value, &a->key, &why) == REASON_OK;
}

static bool
policy_set(struct plan_policy *policy, struct span value)
{
	return text_copy(policy->text, sizeof(policy->text), value) &&
	    text_oid(value, policy->oid, sizeof(policy->oid), &policy->len);
}

static bool
value_set(const struct row *row, void *base, struct span value)
{
	void *at = (char *)base + row->at;
	uint64_t number;

	switch (row->kind) {
	case VALUE_TEXT:
		return text_set(at, row->high, value);
	case VALUE_HANDLE:
		return handle_valid(value) &&
		    text_copy(at, HANDLE_MAX + 1, value);
	case VALUE_SLOT:
		return text_copy(at, SLOT_TOKEN_MAX + 1, value) &&
		    slot_valid(at);
	case VALUE_NUMBER:
		if (!text_uint(value, row->high, &number) || number < row->low)
			return false;
		*(unsigned *)at = (unsigned)number;
		return true;
	case VALUE_WORD:
		return word_set(at, row->words, value);
	case VALUE_ROLES:
		return roles_set(at, value);
	case VALUE_HASH:
		return hash_set(at, value);
	case VALUE_KEY:
		return key_set(base, value);
	case VALUE_PAPER:
		return *(bool *)at = span_is(value, "on paper");
	case VALUE_OID:
		return policy_set(at, value);
	case VALUE_YES:
		return *(bool *)at = span_is(value, "yes");
	}
	return false;
}

/* --- sections --- */

struct reading {
	struct plan *plan;
	const char *section; /* of the table; NULL before the first */
	void *base;	     /* what its values go into */
	bool seen[ROWS];     /* in this section */
	bool ceremony;	     /* there was one */
	long line, begin;    /* of the text, of the section */
	struct why *why;
};

static enum reason
fault(const struct reading *r, long line, const char *what, struct span text)
{
	return why_set(r->why, REASON_PLAN_SYNTAX, line, "line %ld: %s: %.*s",
	    line, what, (int)(text.len > 60 ? 60 : text.len),
	    (const char *)text.ptr);
}

/* "a, b or c". */
static void
words_join(char *out, size_t cap, const char *const *words)
{
	size_t len = 0;
	unsigned i;

	for (i = 0; words[i] != NULL; i++) {
		if (words[i][0] == '\0')
			continue; /* a number that is none */
		snprintf(out + len, cap - len, "%s%s",
		    len == 0		       ? ""
			: words[i + 1] == NULL ? " or "
					       : ", ",
		    words[i]);
		len += strlen(out + len);
	}
}

/* What a row takes, for who gave it something else. */
static void
row_takes(char *out, size_t cap, const struct row *row)
{
	static const char *const texts[] = {
		[VALUE_HANDLE] = "1 to 32 of a-z 0-9 -, no hyphen in front",
		[VALUE_SLOT] = "2 to 4 of A-Z 0-9",
		[VALUE_ROLES] = "administrator, operator, witness, auditor, "
				"custodian or witness auditor",
		[VALUE_HASH] = "64 hexadecimal digits",
		[VALUE_KEY] = "ssh-ed25519, ecdsa-sha2-nistp256 or "
			      "ecdsa-sha2-nistp384, and the key",
		[VALUE_PAPER] = "on paper",
		[VALUE_YES] = "yes",
		[VALUE_OID] = "an OID such as 1.3.6.1.4.1.1.1",
	};

	if (row->kind == VALUE_NUMBER)
		snprintf(out, cap, "%u to %u", row->low, row->high);
	else if (row->kind == VALUE_TEXT)
		snprintf(out, cap, "1 to %u octets of UTF-8", row->high - 1);
	else if (row->kind == VALUE_WORD)
		words_join(out, cap, row->words);
	else
		snprintf(out, cap, "%s", texts[row->kind]);
}

static enum reason
value_fault(const struct reading *r, const struct row *row, struct span line)
{
	char takes[112];
	struct why inner;
	enum reason reason = fault(r, r->line, "out of range", line);

	if (r->why == NULL)
		return reason;
	row_takes(takes, sizeof(takes), row);
	inner = *r->why;
	return why_set(
	    r->why, reason, r->line, "%s: takes %s", inner.text, takes);
}

static enum reason
section_end(struct reading *r)
{
	size_t i;

	for (i = 0; i < ROWS && r->section != NULL; i++)
		if (rows[i].required && !r->seen[i] &&
		    strcmp(rows[i].section, r->section) == 0)
			return fault(r, r->begin, "this section lacks",
			    span_str(rows[i].name));
	memset(r->seen, 0, sizeof(r->seen));
	return REASON_OK;
}

/* Every kind of section but [ceremony] begins with its handle. */
#define SECTION(name, array, max)                            \
	{                                                    \
		name, offsetof(struct plan, array),          \
		    offsetof(struct plan, array##_len), max, \
		    sizeof(((struct plan *)0)->array[0])     \
	}
static const struct section {
	const char *name;
	size_t array, count;
	unsigned max;
	size_t size;
} sections[] = {
	SECTION("place", places, PLACES_MAX),
	SECTION("attendee", attendees, ATTENDEES_MAX),
	SECTION("root", roots, ROOTS_MAX),
	SECTION("sign", items, ITEMS_MAX),
};

/* A handle is for one thing: objects and acknowledgements are named by it. */
static bool
handle_used(const struct plan *p, struct span handle)
{
	size_t s;
	unsigned i;

	for (s = 0; s < 4; s++)
		for (i = 0; i <
		     *(const unsigned *)((const char *)p + sections[s].count);
		     i++)
			if (span_is(handle,
				(const char *)p + sections[s].array +
				    i * sections[s].size))
				return true;
	return false;
}

static enum reason
section_begin(struct reading *r, struct span name, struct span handle)
{
	char *plan = (char *)r->plan;
	unsigned *count;
	size_t s;

	if (span_is(name, "ceremony") && handle.len == 0 && !r->ceremony) {
		r->section = "ceremony";
		r->base = plan;
		r->ceremony = true;
		return REASON_OK;
	}
	for (s = 0; s < 4; s++)
		if (span_is(name, sections[s].name))
			break;
	if (s == 4)
		return fault(r, r->line, "no such section, or twice", name);
	if (!handle_valid(handle) || handle_used(r->plan, handle))
		return fault(
		    r, r->line, "a handle is a-z 0-9 - and used once", handle);
	count = (unsigned *)(plan + sections[s].count);
	if (*count == sections[s].max)
		return fault(r, r->line, "too many of this section", name);
	r->section = sections[s].name;
	r->base = plan + sections[s].array + (*count)++ * sections[s].size;
	(void)text_copy(r->base, HANDLE_MAX + 1, handle);
	return REASON_OK;
}

static enum reason
section_line(struct reading *r, struct span line)
{
	const uint8_t *blank;
	struct span name, handle = { NULL, 0 };
	enum reason reason;

	if (line.ptr[line.len - 1] != ']')
		return fault(r, r->line, "a section ends with ]", line);
	name = span_of(line.ptr + 1, line.len - 2);
	blank = memchr(name.ptr, ' ', name.len);
	if (blank != NULL) {
		handle = span_of(
		    blank + 1, name.len - (size_t)(blank + 1 - name.ptr));
		name.len = (size_t)(blank - name.ptr);
	}
	if ((reason = section_end(r)) != REASON_OK)
		return reason;
	r->begin = r->line;
	return section_begin(r, name, handle);
}

static enum reason
value_line(struct reading *r, struct span line)
{
	const uint8_t *equals = memmem(line.ptr, line.len, " = ", 3);
	struct span name, value;
	size_t i;

	if (equals == NULL)
		return fault(r, r->line,
		    "neither [section] nor name = value of one", line);
	name = span_of(line.ptr, (size_t)(equals - line.ptr));
	value = span_of(equals + 3, line.len - name.len - 3);
	for (i = 0; i < ROWS; i++)
		if (strcmp(rows[i].section, r->section) == 0 &&
		    span_is(name, rows[i].name))
			break;
	if (i == ROWS)
		return fault(r, r->line, "no such name here", name);
	if (r->seen[i])
		return fault(r, r->line, "given twice", name);
	r->seen[i] = true;
	if (!value_set(&rows[i], r->base, value))
		return value_fault(r, &rows[i], line);
	return REASON_OK;
}

/* What a terminal or a page obeys instead of showing it, or shows nothing of, and so
 * what can make a reviewer read another plan: control characters, what ends a line or
 * a paragraph, and the property Default_Ignorable_Code_Point (Unicode 15), which has
 * the marks of direction and of width. */
static bool
is_unseen(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} unseen[] = { { 0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad },
		{ 0x34f, 0x34f }, { 0x61c, 0x61c }, { 0x115f, 0x1160 },
		{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
		{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfff8 }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff } };
	size_t i;

	for (i = 0; i < sizeof(unseen) / sizeof(*unseen); i++)
		if (code >= unseen[i].first && code <= unseen[i].last)
			return true;
	return false;
}

static enum reason
take_line(struct reading *r, struct span line)
{
	const uint8_t *end = line.ptr + line.len;
	bool utf8 = true;
	size_t i, n;

	for (i = 0; i < line.len; i += n) {
		n = utf8_character(line.ptr + i, end);
		if (n == 0) { /* told with the value that it is in */
			utf8 = false;
			n = 1;
		} else if (is_unseen(utf8_code(line.ptr + i, n))) {
			return fault(r, r->line, "a control character after",
			    span_of(line.ptr, r->section != NULL ? i : 0));
		}
	}
	if (line.len == 0)
		return REASON_OK;
	if (line.ptr[0] == '#' || line.ptr[0] == ';')
		return utf8
		    ? REASON_OK
		    : fault(r, r->line, "no UTF-8 in", span_str("a comment"));
	/* Not shown: what has no section may be another file, with a secret. */
	if (r->section == NULL && line.ptr[0] != '[')
		return fault(r, r->line,
		    "a plan begins with a section, such as",
		    span_str("[ceremony]"));
	if (line.ptr[0] == ' ' || line.ptr[line.len - 1] == ' ')
		return fault(r, r->line, "a blank at an end", line);
	return line.ptr[0] == '[' ? section_line(r, line) : value_line(r, line);
}

enum reason
plan_read(struct span text, struct plan *out, struct why *why)
{
	struct reading r = { .plan = out, .why = why };
	enum reason reason;

	while (text.len > 0) {
		const uint8_t *end = memchr(text.ptr, '\n', text.len);
		struct span line = text;

		r.line++;
		if (end == NULL)
			return fault(&r, r.line, "the last line has no end",
			    span_str(""));
		line.len = (size_t)(end - text.ptr);
		text = span_of(end + 1, text.len - line.len - 1);
		if ((reason = take_line(&r, line)) != REASON_OK)
			return reason;
	}
	if (!r.ceremony)
		return fault(
		    &r, r.line, "there is no section", span_str("[ceremony]"));
	return section_end(&r);
}
