/*
 * One description of a record serves its writer, its reader and its JSON form:
 * a function names the fields in ascending order of their keys, and is run in
 * one of four modes. So reader and writer cannot differ (inside of journal/).
 *
 * Encoded: a CBOR map with small unsigned keys, deterministic (RFC 8949 4.2.1).
 * An optional field is left out when its value is zero or empty, and a reader
 * refuses one that is there and is zero: every record has one encoding.
 */
#ifndef JOURNAL_FIELDS_H
#define JOURNAL_FIELDS_H

#include "base/reason.h"
#include "wire/cbor.h"
#include "wire/json.h"

enum fields_mode { FIELDS_COUNT, FIELDS_WRITE, FIELDS_READ, FIELDS_JSON };

struct fields {
	enum fields_mode mode;
	uint64_t count;		/* COUNT: met so far; READ: pairs still to come */
	uint64_t next;		/* READ: key of the pair that comes next */
	struct cbor *in;
	struct cbor_out *out;
	struct json_out *json;
	bool bad;		/* READ: nothing is taken any more */
	const char *culprit;	/* READ: the field that was bad, static */
};

typedef void (*fields_description)(struct fields *f, void *value);

bool fields_write(fields_description d, void *value, uint8_t *out, size_t cap,
    size_t *len);
/* JOURNAL_DAMAGED naming the field; all of bytes must be taken. */
MUST_USE enum reason fields_read(fields_description d, void *value,
    struct span bytes, struct why *why);
bool fields_to_json(fields_description d, void *value, char *out, size_t cap,
    size_t *len);

/* Says that what was read breaks a rule of its kind. */
void fields_refuse(struct fields *f, const char *name);

enum field_presence { FIELD_REQUIRED, FIELD_OPTIONAL };

void field_uint(struct fields *f, unsigned key, const char *name,
    enum field_presence p, uint64_t *value, uint64_t max);
void field_bool(struct fields *f, unsigned key, const char *name, bool *value);
/* Seconds since 1970; JSON shows YYYY-MM-DDTHH:MM:SSZ. */
void field_time(struct fields *f, unsigned key, const char *name,
    enum field_presence p, int64_t *value);
/* Printable ASCII, terminated, shorter than cap. */
void field_text(struct fields *f, unsigned key, const char *name,
    enum field_presence p, char *value, size_t cap);
/* Exactly len octets; optional = all zero. */
void field_bytes(struct fields *f, unsigned key, const char *name,
    enum field_presence p, uint8_t *value, size_t len);
/* At most cap octets; optional = none. */
void field_octets(struct fields *f, unsigned key, const char *name,
    enum field_presence p, uint8_t *value, uint8_t *len, uint8_t cap);
/* Borrowed octets. */
void field_span(struct fields *f, unsigned key, const char *name,
    struct span *value);
/* One of the words of an enumeration, 1..max, 0 = none where optional. */
void field_word(struct fields *f, unsigned key, const char *name,
    enum field_presence p, unsigned *value, unsigned max,
    const char *(*word)(unsigned value));
void field_map(struct fields *f, unsigned key, const char *name,
    fields_description d, void *value);
/* Opens an array and returns how many elements follow (0 while counting); each
 * is then given to field_element(), and field_array_end() closes it. */
uint64_t field_array(struct fields *f, unsigned key, const char *name,
    uint64_t count);
void field_element(struct fields *f, fields_description d, void *value);
void field_array_end(struct fields *f);

#endif
