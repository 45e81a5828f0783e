/* Fields of records in four modes, see members.h. */
#include "journal/members.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/key_policy.h"

void
members_refuse(struct members *f, const char *name)
{
	if (f->mode != MEMBERS_READ || f->bad)
		return;
	f->bad = true;
	f->culprit = name;
}

/* READ: takes the key of the next pair, if there is one. */
static void
next_key(struct members *f)
{
	if (f->count > 0 && cbor_uint(f->in, &f->next) != WIRE_OK)
		members_refuse(f, "key");
}

/*
 * Begins a field. True if the caller has to write, print or read its value now;
 * zero says (while writing) that it has the value that is left out.
 */
static bool
member_begin(struct members *f, unsigned key, const char *name,
    enum member_presence p, bool zero)
{
	bool absent = p == MEMBER_OPTIONAL && zero;

	switch (f->mode) {
	case MEMBERS_COUNT:
		f->count += !absent;
		return false;
	case MEMBERS_WRITE:
		if (!absent)
			cbor_put_uint(f->out, key);
		return !absent;
	case MEMBERS_JSON:
		if (!absent)
			json_put_name(f->json, name);
		return !absent;
	case MEMBERS_READ:
		break;
	}
	if (f->bad)
		return false;
	if (f->count > 0 && f->next == key)
		return true;
	if (p == MEMBER_REQUIRED)
		members_refuse(f, name);
	return false;
}

/* READ: the value was taken; zero = it should have been left out. */
static void
member_taken(struct members *f, const char *name, enum member_presence p,
    bool good, bool zero)
{
	if (!good || (p == MEMBER_OPTIONAL && zero)) {
		members_refuse(f, name);
		return;
	}
	f->count--;
	next_key(f);
}

void
member_uint(struct members *f, unsigned key, const char *name,
    enum member_presence p, uint64_t *value, uint64_t max)
{
	bool good;

	if (!member_begin(f, key, name, p, *value == 0))
		return;
	if (f->mode == MEMBERS_WRITE) {
		cbor_put_uint(f->out, *value);
	} else if (f->mode == MEMBERS_JSON) {
		json_put_uint(f->json, *value);
	} else {
		good = cbor_uint(f->in, value) == WIRE_OK && *value <= max;
		member_taken(f, name, p, good, *value == 0);
	}
}

void
member_bool(struct members *f, unsigned key, const char *name, bool *value)
{
	bool good;

	if (!member_begin(f, key, name, MEMBER_REQUIRED, false))
		return;
	if (f->mode == MEMBERS_WRITE) {
		cbor_put_bool(f->out, *value);
	} else if (f->mode == MEMBERS_JSON) {
		json_put_bool(f->json, *value);
	} else {
		good = cbor_bool(f->in, value) == WIRE_OK;
		member_taken(f, name, MEMBER_REQUIRED, good, false);
	}
}

void
member_time(struct members *f, unsigned key, const char *name,
    enum member_presence p, int64_t *value)
{
	char text[CLOCK_TEXT_SIZE];
	bool good;

	if (!member_begin(f, key, name, p, *value == 0))
		return;
	if (f->mode == MEMBERS_WRITE) {
		cbor_put_int(f->out, *value);
	} else if (f->mode == MEMBERS_JSON) {
		clock_print(text, *value);
		json_put_text(f->json, text);
	} else {
		/* What the text form can say. */
		good = cbor_int(f->in, value) == WIRE_OK &&
		    *value >= DATE_FIRST && *value <= DATE_LAST;
		member_taken(f, name, p, good, *value == 0);
	}
}

void
member_day(struct members *f, unsigned key, const char *name, uint32_t *value)
{
	char text[DAY_TEXT_SIZE];
	uint64_t n = 0;
	bool good;

	if (!member_begin(f, key, name, MEMBER_OPTIONAL, *value == 0))
		return;
	if (f->mode == MEMBERS_WRITE) {
		cbor_put_uint(f->out, *value);
	} else if (f->mode == MEMBERS_JSON) {
		day_print(text, *value);
		json_put_text(f->json, text);
	} else {
		good = cbor_uint(f->in, &n) == WIRE_OK && n <= KEY_DAY_MAX;
		*value = good ? (uint32_t)n : 0;
		member_taken(f, name, MEMBER_OPTIONAL, good, n == 0);
	}
}

void
member_text(struct members *f, unsigned key, const char *name,
    enum member_presence p, char *value, size_t cap)
{
	struct span s = { NULL, 0 };
	bool good;

	if (!member_begin(f, key, name, p, value[0] == '\0'))
		return;
	if (f->mode == MEMBERS_WRITE) {
		cbor_put_string(f->out, value);
	} else if (f->mode == MEMBERS_JSON) {
		json_put_text(f->json, value);
	} else {
		good = cbor_text(f->in, &s) == WIRE_OK && text_printable(s) &&
		    text_copy(value, cap, s);
		member_taken(f, name, p, good, s.len == 0);
	}
}

/* READ: the elements of an array of texts. */
static bool
take_texts(
    struct members *f, unsigned *count, char *values, size_t size, unsigned max)
{
	struct span s;
	uint64_t n;

	*count = 0;
	if (cbor_array(f->in, &n) != WIRE_OK || n > max)
		return false;
	for (; *count < n; values += size, ++*count)
		if (cbor_text(f->in, &s) != WIRE_OK || s.len == 0 ||
		    !text_printable(s) || !text_copy(values, size, s))
			return false;
	return true;
}

void
member_texts(struct members *f, unsigned key, const char *name, unsigned *count,
    char *values, size_t size, unsigned max)
{
	unsigned i;

	if (!member_begin(f, key, name, MEMBER_REQUIRED, false))
		return;
	if (f->mode == MEMBERS_READ) {
		member_taken(f, name, MEMBER_REQUIRED,
		    take_texts(f, count, values, size, max), false);
		return;
	}
	if (f->mode == MEMBERS_WRITE)
		cbor_put_array(f->out, *count);
	else
		json_begin_array(f->json);
	for (i = 0; i < *count; i++) {
		if (f->mode == MEMBERS_WRITE)
			cbor_put_string(f->out, values + i * size);
		else
			json_put_text(f->json, values + i * size);
	}
	if (f->mode == MEMBERS_JSON)
		json_end_array(f->json);
}

static bool
all_zero(const uint8_t *p, size_t len)
{
	while (len > 0 && *p == 0)
		p++, len--;
	return len == 0;
}

void
member_bytes(struct members *f, unsigned key, const char *name,
    enum member_presence p, uint8_t *value, size_t len)
{
	bool good;

	if (!member_begin(f, key, name, p, all_zero(value, len)))
		return;
	if (f->mode == MEMBERS_WRITE) {
		cbor_put_bytes(f->out, span_of(value, len));
	} else if (f->mode == MEMBERS_JSON) {
		json_put_hex(f->json, span_of(value, len));
	} else {
		good = cbor_bytes_exact(f->in, value, len) == WIRE_OK;
		member_taken(f, name, p, good, all_zero(value, len));
	}
}

void
member_octets(struct members *f, unsigned key, const char *name,
    enum member_presence p, uint8_t *value, uint8_t *len, uint8_t cap)
{
	struct span s = { NULL, 0 };
	bool good;

	if (!member_begin(f, key, name, p, *len == 0))
		return;
	if (f->mode == MEMBERS_WRITE) {
		cbor_put_bytes(f->out, span_of(value, *len));
	} else if (f->mode == MEMBERS_JSON) {
		json_put_hex(f->json, span_of(value, *len));
	} else {
		good = cbor_bytes(f->in, &s) == WIRE_OK && s.len <= cap;
		if (good && s.len > 0)
			memcpy(value, s.ptr, s.len);
		*len = good ? (uint8_t)s.len : 0;
		member_taken(f, name, p, good, s.len == 0);
	}
}

void
member_span(struct members *f, unsigned key, const char *name,
    enum member_presence p, struct span *value)
{
	bool good;

	if (!member_begin(f, key, name, p, value->len == 0))
		return;
	if (f->mode == MEMBERS_WRITE) {
		cbor_put_bytes(f->out, *value);
	} else if (f->mode == MEMBERS_JSON) {
		json_put_hex(f->json, *value);
	} else {
		good = cbor_bytes(f->in, value) == WIRE_OK;
		member_taken(f, name, p, good, value->len == 0);
	}
}

void
member_word(struct members *f, unsigned key, const char *name,
    enum member_presence p, unsigned *value, unsigned max,
    const char *(*word)(unsigned value))
{
	uint64_t n = 0;
	bool good;

	if (!member_begin(f, key, name, p, *value == 0))
		return;
	if (f->mode == MEMBERS_WRITE) {
		cbor_put_uint(f->out, *value);
	} else if (f->mode == MEMBERS_JSON) {
		json_put_text(f->json, word(*value));
	} else {
		good = cbor_uint(f->in, &n) == WIRE_OK && n >= 1 && n <= max;
		*value = good ? (unsigned)n : 0;
		member_taken(f, name, p, good, n == 0);
	}
}

static uint64_t
description_count(members_description d, void *value)
{
	struct members f = { .mode = MEMBERS_COUNT };

	d(&f, value);
	return f.count;
}

/* A whole map in whatever mode the outer one is. */
static void
map_visit(
    struct members *outer, const char *name, members_description d, void *value)
{
	struct members f = *outer;

	f.count = 0;
	if (f.mode == MEMBERS_WRITE) {
		cbor_put_map(f.out, description_count(d, value));
		d(&f, value);
	} else if (f.mode == MEMBERS_JSON) {
		json_begin_object(f.json);
		d(&f, value);
		json_end_object(f.json);
	} else if (f.mode == MEMBERS_READ && !f.bad) {
		if (cbor_map(f.in, &f.count) != WIRE_OK)
			members_refuse(&f, name);
		next_key(&f);
		d(&f, value);
		if (!f.bad && f.count > 0)
			members_refuse(&f, name); /* an unknown key */
		outer->bad = f.bad;
		outer->culprit = f.culprit;
	}
}

void
member_map(struct members *f, unsigned key, const char *name,
    members_description d, void *value)
{
	if (!member_begin(f, key, name, MEMBER_REQUIRED, false))
		return;
	map_visit(f, name, d, value);
	if (f->mode == MEMBERS_READ && !f->bad)
		member_taken(f, name, MEMBER_REQUIRED, true, false);
}

uint64_t
member_array(struct members *f, unsigned key, const char *name, uint64_t count)
{
	if (!member_begin(f, key, name, MEMBER_REQUIRED, false))
		return 0;
	if (f->mode == MEMBERS_WRITE) {
		cbor_put_array(f->out, count);
	} else if (f->mode == MEMBERS_JSON) {
		json_begin_array(f->json);
	} else if (cbor_array(f->in, &count) != WIRE_OK) {
		members_refuse(f, name);
		return 0;
	}
	return count;
}

void
member_element(struct members *f, members_description d, void *value)
{
	if (f->mode != MEMBERS_COUNT)
		map_visit(f, "element", d, value);
}

void
member_array_end(struct members *f)
{
	if (f->mode == MEMBERS_JSON)
		json_end_array(f->json);
	else if (f->mode == MEMBERS_READ && !f->bad)
		member_taken(f, "array", MEMBER_REQUIRED, true, false);
}

bool
members_write(
    members_description d, void *value, uint8_t *out, size_t cap, size_t *len)
{
	struct cbor_out o;
	struct span written;
	struct members f = { .mode = MEMBERS_WRITE, .out = &o };

	cbor_out_open(&o, out, cap);
	map_visit(&f, "map", d, value);
	if (cbor_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}

enum reason
members_read(
    members_description d, void *value, struct span bytes, struct why *why)
{
	struct cbor c;
	struct members f = { .mode = MEMBERS_READ, .in = &c, .culprit = "" };

	cbor_open(&c, bytes, true);
	map_visit(&f, "map", d, value);
	if (!f.bad && cbor_end(&c) == WIRE_OK)
		return REASON_OK;
	return why_set(why, REASON_JOURNAL_DAMAGED, (long)(c.pos - bytes.ptr),
	    "record field %s", f.bad ? f.culprit : "(bytes behind the end)");
}

bool
members_to_json(
    members_description d, void *value, char *out, size_t cap, size_t *len)
{
	struct json_out o;
	struct span written;
	struct members f = { .mode = MEMBERS_JSON, .json = &o };

	json_out_open(&o, out, cap);
	map_visit(&f, "map", d, value);
	if (json_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}
