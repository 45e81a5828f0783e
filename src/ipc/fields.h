/* Fields of frames: written by one line, read and checked by one line. */
#ifndef IPC_FIELDS_H
#define IPC_FIELDS_H

#include "ipc/message.h"
#include "wire/cbor.h"

/* Each reader takes the next field if it has the right type and range. */
bool field_array(struct cbor *c, uint64_t count);
/* At most cap-1 printable ASCII characters, terminated. */
bool field_text(struct cbor *c, char *out, size_t cap);
/* Octets, borrowed, at most max of them. */
bool field_span(struct cbor *c, struct span *out, size_t max);
bool field_hash(struct cbor *c, uint8_t out[HASH_SIZE]);
bool field_number(struct cbor *c, uint64_t max, uint64_t *out);
bool field_unsigned(struct cbor *c, unsigned max, unsigned *out);
/* A number of an enumeration, low to high; *good becomes false otherwise. */
unsigned field_enum(struct cbor *c, unsigned low, unsigned high, bool *good);
/* A list of formats, each once; *good becomes false otherwise. */
unsigned field_formats(struct cbor *c, bool *good);
bool field_reason(struct cbor *c, enum reason *out);
bool field_flag(struct cbor *c, bool *out);
bool field_time(struct cbor *c, int64_t *out);
/* At most cap octets into an array with its length beside it. */
bool field_octets(struct cbor *c, uint8_t *out, size_t cap, uint8_t *len);

/* A sentence for people. It may quote what a stranger sent, so whatever its
 * receiver would not take becomes a question mark. */
void put_words(struct cbor_out *o, const char *text);
void put_hash(struct cbor_out *o, const uint8_t hash[HASH_SIZE]);

/* Structs that several messages carry. */
void put_issuer(struct cbor_out *o, const struct issuer *i);
bool get_issuer(struct cbor *c, struct issuer *i);
void put_device(struct cbor_out *o, const struct device *d);
bool get_device(struct cbor *c, struct device *d);
void put_entry(struct cbor_out *o, const struct chain_entry *e);
bool get_entry(struct cbor *c, struct chain_entry *e);
void put_statement(struct cbor_out *o, const struct manifest_statement *s);
bool get_statement(struct cbor *c, struct manifest_statement *s);
void put_facts(struct cbor_out *o, const struct request_facts *f);
bool get_facts(struct cbor *c, struct request_facts *f);

#endif
