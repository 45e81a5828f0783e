/* Fields of records in four modes, see fields.h. */
#include "journal/fields.h"

#include "base/clock.h"
#include "base/text.h"

void
fields_refuse(struct fields *f, const char *name)
{
	if (f->mode != FIELDS_READ || f->bad)
		return;
	f->bad = true;
	f->culprit = name;
}

/* READ: takes the key of the next pair, if there is one. */
static void
next_key(struct fields *f)
{
	if (f->count > 0 && cbor_uint(f->in, &f->next) != WIRE_OK)
		fields_refuse(f, "key");
}

/*
 * Begins a field. True if the caller has to write, print or read its value now;
 * zero says (while writing) that it has the value that is left out.
 */
static bool
field_begin(struct fields *f, unsigned key, const char *name,
    enum field_presence p, bool zero)
{
	bool absent = p == FIELD_OPTIONAL && zero;

	switch (f->mode) {
	case FIELDS_COUNT:
		f->count += !absent;
		return false;
	case FIELDS_WRITE:
		if (!absent)
			cbor_put_uint(f->out, key);
		return !absent;
	case FIELDS_JSON:
		if (!absent)
			json_put_name(f->json, name);
		return !absent;
	case FIELDS_READ:
		break;
	}
	if (f->bad)
		return false;
	if (f->count > 0 && f->next == key)
		return true;
	if (p == FIELD_REQUIRED)
		fields_refuse(f, name);
	return false;
}

/* READ: the value was taken; zero = it should have been left out. */
static void
field_taken(struct fields *f, const char *name, enum field_presence p, bool good,
    bool zero)
{
	if (!good || (p == FIELD_OPTIONAL && zero)) {
		fields_refuse(f, name);
		return;
	}
	f->count--;
	next_key(f);
}

void
field_uint(struct fields *f, unsigned key, const char *name,
    enum field_presence p, uint64_t *value, uint64_t max)
{
	bool good;

	if (!field_begin(f, key, name, p, *value == 0))
		return;
	if (f->mode == FIELDS_WRITE) {
		cbor_put_uint(f->out, *value);
	} else if (f->mode == FIELDS_JSON) {
		json_put_uint(f->json, *value);
	} else {
		good = cbor_uint(f->in, value) == WIRE_OK && *value <= max;
		field_taken(f, name, p, good, *value == 0);
	}
}

void
field_bool(struct fields *f, unsigned key, const char *name, bool *value)
{
	bool good;

	if (!field_begin(f, key, name, FIELD_REQUIRED, false))
		return;
	if (f->mode == FIELDS_WRITE) {
		cbor_put_bool(f->out, *value);
	} else if (f->mode == FIELDS_JSON) {
		json_put_bool(f->json, *value);
	} else {
		good = cbor_bool(f->in, value) == WIRE_OK;
		field_taken(f, name, FIELD_REQUIRED, good, false);
	}
}

void
field_time(struct fields *f, unsigned key, const char *name,
    enum field_presence p, int64_t *value)
{
	char text[CLOCK_TEXT_SIZE];
	bool good;

	if (!field_begin(f, key, name, p, *value == 0))
		return;
	if (f->mode == FIELDS_WRITE) {
		cbor_put_int(f->out, *value);
	} else if (f->mode == FIELDS_JSON) {
		clock_print(text, *value);
		json_put_text(f->json, text);
	} else {
		/* Years 1 to 9999: what the text form can say. */
		good = cbor_int(f->in, value) == WIRE_OK &&
		    *value >= INT64_C(-62135596800) &&
		    *value <= INT64_C(253402300799);
		field_taken(f, name, p, good, *value == 0);
	}
}

void
field_text(struct fields *f, unsigned key, const char *name,
    enum field_presence p, char *value, size_t cap)
{
	struct span s = { NULL, 0 };
	bool good;

	if (!field_begin(f, key, name, p, value[0] == '\0'))
		return;
	if (f->mode == FIELDS_WRITE) {
		cbor_put_string(f->out, value);
	} else if (f->mode == FIELDS_JSON) {
		json_put_text(f->json, value);
	} else {
		good = cbor_text(f->in, &s) == WIRE_OK && text_printable(s) &&
		    text_copy(value, cap, s);
		field_taken(f, name, p, good, s.len == 0);
	}
}

static bool
all_zero(const uint8_t *p, size_t len)
{
	while (len > 0 && *p == 0)
		p++, len--;
	return len == 0;
}

void
field_bytes(struct fields *f, unsigned key, const char *name,
    enum field_presence p, uint8_t *value, size_t len)
{
	bool good;

	if (!field_begin(f, key, name, p, all_zero(value, len)))
		return;
	if (f->mode == FIELDS_WRITE) {
		cbor_put_bytes(f->out, span_of(value, len));
	} else if (f->mode == FIELDS_JSON) {
		json_put_hex(f->json, span_of(value, len));
	} else {
		good = cbor_bytes_exact(f->in, value, len) == WIRE_OK;
		field_taken(f, name, p, good, all_zero(value, len));
	}
}

void
field_octets(struct fields *f, unsigned key, const char *name,
    enum field_presence p, uint8_t *value, uint8_t *len, uint8_t cap)
{
	struct span s = { NULL, 0 };
	bool good;

	if (!field_begin(f, key, name, p, *len == 0))
		return;
	if (f->mode == FIELDS_WRITE) {
		cbor_put_bytes(f->out, span_of(value, *len));
	} else if (f->mode == FIELDS_JSON) {
		json_put_hex(f->json, span_of(value, *len));
	} else {
		good = cbor_bytes(f->in, &s) == WIRE_OK && s.len <= cap;
		if (good && s.len > 0)
			memcpy(value, s.ptr, s.len);
		*len = good ? (uint8_t)s.len : 0;
		field_taken(f, name, p, good, s.len == 0);
	}
}

void
field_span(struct fields *f, unsigned key, const char *name, struct span *value)
{
	bool good;

	if (!field_begin(f, key, name, FIELD_REQUIRED, false))
		return;
	if (f->mode == FIELDS_WRITE) {
		cbor_put_bytes(f->out, *value);
	} else if (f->mode == FIELDS_JSON) {
		json_put_hex(f->json, *value);
	} else {
		good = cbor_bytes(f->in, value) == WIRE_OK;
		field_taken(f, name, FIELD_REQUIRED, good, false);
	}
}

void
field_word(struct fields *f, unsigned key, const char *name,
    enum field_presence p, unsigned *value, unsigned max,
    const char *(*word)(unsigned value))
{
	uint64_t n = 0;
	bool good;

	if (!field_begin(f, key, name, p, *value == 0))
		return;
	if (f->mode == FIELDS_WRITE) {
		cbor_put_uint(f->out, *value);
	} else if (f->mode == FIELDS_JSON) {
		json_put_text(f->json, word(*value));
	} else {
		good = cbor_uint(f->in, &n) == WIRE_OK && n >= 1 && n <= max;
		*value = good ? (unsigned)n : 0;
		field_taken(f, name, p, good, n == 0);
	}
}

static uint64_t
description_count(fields_description d, void *value)
{
	struct fields f = { .mode = FIELDS_COUNT };

	d(&f, value);
	return f.count;
}

/* A whole map in whatever mode the outer one is. */
static void
map_visit(struct fields *outer, const char *name, fields_description d,
    void *value)
{
	struct fields f = *outer;

	f.count = 0;
	if (f.mode == FIELDS_WRITE) {
		cbor_put_map(f.out, description_count(d, value));
		d(&f, value);
	} else if (f.mode == FIELDS_JSON) {
		json_begin_object(f.json);
		d(&f, value);
		json_end_object(f.json);
	} else if (f.mode == FIELDS_READ && !f.bad) {
		if (cbor_map(f.in, &f.count) != WIRE_OK)
			fields_refuse(&f, name);
		next_key(&f);
		d(&f, value);
		if (!f.bad && f.count > 0)
			fields_refuse(&f, name);	/* an unknown key */
		outer->bad = f.bad;
		outer->culprit = f.culprit;
	}
}

void
field_map(struct fields *f, unsigned key, const char *name,
    fields_description d, void *value)
{
	if (!field_begin(f, key, name, FIELD_REQUIRED, false))
		return;
	map_visit(f, name, d, value);
	if (f->mode == FIELDS_READ && !f->bad)
		field_taken(f, name, FIELD_REQUIRED, true, false);
}

uint64_t
field_array(struct fields *f, unsigned key, const char *name, uint64_t count)
{
	if (!field_begin(f, key, name, FIELD_REQUIRED, false))
		return 0;
	if (f->mode == FIELDS_WRITE) {
		cbor_put_array(f->out, count);
	} else if (f->mode == FIELDS_JSON) {
		json_begin_array(f->json);
	} else if (cbor_array(f->in, &count) != WIRE_OK) {
		fields_refuse(f, name);
		return 0;
	}
	return count;
}

void
field_element(struct fields *f, fields_description d, void *value)
{
	if (f->mode != FIELDS_COUNT)
		map_visit(f, "element", d, value);
}

void
field_array_end(struct fields *f)
{
	if (f->mode == FIELDS_JSON)
		json_end_array(f->json);
	else if (f->mode == FIELDS_READ && !f->bad)
		field_taken(f, "array", FIELD_REQUIRED, true, false);
}

bool
fields_write(fields_description d, void *value, uint8_t *out, size_t cap,
    size_t *len)
{
	struct cbor_out o;
	struct span written;
	struct fields f = { .mode = FIELDS_WRITE, .out = &o };

	cbor_out_open(&o, out, cap);
	map_visit(&f, "map", d, value);
	if (cbor_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}

enum reason
fields_read(fields_description d, void *value, struct span bytes,
    struct why *why)
{
	struct cbor c;
	struct fields f = { .mode = FIELDS_READ, .in = &c, .culprit = "" };

	cbor_open(&c, bytes, true);
	map_visit(&f, "map", d, value);
	if (!f.bad && cbor_end(&c) == WIRE_OK)
		return REASON_OK;
	return why_set(why, REASON_JOURNAL_DAMAGED,
	    (long)(c.pos - bytes.ptr), "record field %s",
	    f.bad ? f.culprit : "(bytes behind the end)");
}

bool
fields_to_json(fields_description d, void *value, char *out, size_t cap,
    size_t *len)
{
	struct json_out o;
	struct span written;
	struct fields f = { .mode = FIELDS_JSON, .json = &o };

	json_out_open(&o, out, cap);
	map_visit(&f, "map", d, value);
	if (json_out_span(&o, &written) != WIRE_OK)
		return false;
	*len = written.len;
	return true;
}
