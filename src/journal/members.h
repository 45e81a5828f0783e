/*
 * One description of a record serves its writer, its reader and its JSON form:
 * a function names the fields in ascending order of their keys, and is run in
 * one of four modes. So reader and writer cannot differ (inside of journal/).
 *
 * Encoded: a CBOR map with small unsigned keys, deterministic (RFC 8949 4.2.1).
 * An optional field is left out when its value is zero or empty, and a reader
 * refuses one that is there and is zero: every record has one encoding.
 */
#ifndef JOURNAL_MEMBERS_H
#define JOURNAL_MEMBERS_H

#include "base/reason.h"
#include "wire/cbor.h"
#include "wire/json.h"

enum members_mode { MEMBERS_COUNT, MEMBERS_WRITE, MEMBERS_READ, MEMBERS_JSON };

struct members {
	enum members_mode mode;
	uint64_t count; /* COUNT: met so far; READ: pairs still to come */
	uint64_t next;	/* READ: key of the pair that comes next */
	struct cbor *in;
	struct cbor_out *out;
	struct json_out *json;
	bool bad;	     /* READ: nothing is taken any more */
	const char *culprit; /* READ: the field that was bad, static */
};

typedef void (*members_description)(struct members *f, void *value);

bool members_write(
    members_description d, void *value, uint8_t *out, size_t cap, size_t *len);
/* JOURNAL_DAMAGED naming the field; all of bytes must be taken. */
MUST_USE enum reason members_read(
    members_description d, void *value, struct span bytes, struct why *why);
bool members_to_json(
    members_description d, void *value, char *out, size_t cap, size_t *len);

/* Says that what was read breaks a rule of its kind. */
void members_refuse(struct members *f, const char *name);

enum member_presence { MEMBER_REQUIRED, MEMBER_OPTIONAL };

void member_uint(struct members *f, unsigned key, const char *name,
    enum member_presence p, uint64_t *value, uint64_t max);
void member_bool(
    struct members *f, unsigned key, const char *name, bool *value);
/* Seconds since 1970; JSON shows YYYY-MM-DDTHH:MM:SSZ. */
void member_time(struct members *f, unsigned key, const char *name,
    enum member_presence p, int64_t *value);
/* Days since 1970-01-01, optional; JSON shows YYYY-MM-DD. */
void member_day(
    struct members *f, unsigned key, const char *name, uint32_t *value);
/* Printable ASCII, terminated, shorter than cap. */
void member_text(struct members *f, unsigned key, const char *name,
    enum member_presence p, char *value, size_t cap);
/* An array of at most max texts, each in a place of its own of size octets;
 * none may be empty. */
void member_texts(struct members *f, unsigned key, const char *name,
    unsigned *count, char *values, size_t size, unsigned max);
/* Exactly len octets; optional = all zero. */
void member_bytes(struct members *f, unsigned key, const char *name,
    enum member_presence p, uint8_t *value, size_t len);
/* At most cap octets; optional = none. */
void member_octets(struct members *f, unsigned key, const char *name,
    enum member_presence p, uint8_t *value, uint8_t *len, uint8_t cap);
/* Borrowed octets; optional = none. */
void member_span(struct members *f, unsigned key, const char *name,
    enum member_presence p, struct span *value);
/* One of the words of an enumeration, 1..max, 0 = none where optional. */
void member_word(struct members *f, unsigned key, const char *name,
    enum member_presence p, unsigned *value, unsigned max,
    const char *(*word)(unsigned value));
void member_map(struct members *f, unsigned key, const char *name,
    members_description d, void *value);
/* Opens an array and returns how many elements follow (0 while counting); each
 * is then given to member_element(), and member_array_end() closes it. */
uint64_t member_array(
    struct members *f, unsigned key, const char *name, uint64_t count);
void member_element(struct members *f, members_description d, void *value);
void member_array_end(struct members *f);

#endif
