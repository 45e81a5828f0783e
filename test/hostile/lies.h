/*
 * The lies of a lying program. It is the real one, main() and all, linked with
 * --wrap around the codec of what it says; so it behaves in everything but in
 * the fields that it lies about.
 *
 * What to lie is in the file "lies" beside the program, lines of WORD VALUE,
 * which is mapped before main() and may be written again at any time: no start,
 * no wall and no permission of the program is in the way of a test.
 */
#ifndef TEST_HOSTILE_LIES_H
#define TEST_HOSTILE_LIES_H

#include "ipc/program.h"
#include "wire/cbor.h"

#define LIES_SIZE 262144 /* of the file, always */

/* A field of a struct of src/ipc/message.h or src/model. */
struct lie_field {
	const char *word;
	size_t at, size;
	enum lie_kind {
		LIE_NUMBER, /* decimal, into size octets */
		LIE_BYTES,  /* hexadecimal; the rest of the field is zero */
		LIE_SPAN,   /* hexadecimal, a span of any length */
	} kind;
	size_t length_at; /* of the uint8_t that counts the octets; 0 = none */
};
#define LIE(kind, struct_name, field)                                 \
	{                                                             \
#field, offsetof(struct struct_name, field),          \
		    sizeof(((struct struct_name *)0)->field), kind, 0 \
	}
/* Of a frame that is not what the program lies about first: PREFIX.FIELD. */
#define LIE_OF(prefix, kind, struct_name, field)                        \
	{                                                               \
		prefix "." #field, offsetof(struct struct_name, field), \
		    sizeof(((struct struct_name *)0)->field), kind, 0   \
	}
#define LIE_COUNTED(struct_name, field)                                  \
	{                                                                \
#field, offsetof(struct struct_name, field),             \
		    sizeof(((struct struct_name *)0)->field), LIE_BYTES, \
		    offsetof(struct struct_name, field##_len)            \
	}

/* The value of a word into out (cut to it); false if it is not in the file. */
bool lie_text(const char *word, char *out, size_t cap);
/* The number of a word, or otherwise if it is not in the file. */
uint64_t lie_number(const char *word, uint64_t otherwise);
/* Changes the fields of object that the file names. Spans stay valid until the
 * next call. */
void lies_tell(const struct lie_field *fields, size_t len, void *object);
/* Wraps a codec, with nothing but lies in these fields. */
#define LYING(codec, struct_name, fields)                                      \
	void __real_message_##codec##_put(                                     \
	    struct cbor_out *o, const struct struct_name *m);                  \
	void __wrap_message_##codec##_put(                                     \
	    struct cbor_out *o, const struct struct_name *m);                  \
	void __wrap_message_##codec##_put(                                     \
	    struct cbor_out *o, const struct struct_name *m)                   \
	{                                                                      \
		static struct struct_name lie; /* some are large */            \
                                                                               \
		lie = *m;                                                      \
		lies_tell(fields, sizeof(fields) / sizeof((fields)[0]), &lie); \
		__real_message_##codec##_put(o, &lie);                         \
	}                                                                      \
	struct lies_end

/*
 * Every lying program also has peer_send() wrapped:
 *   type N       the frame of its role goes out as a frame of type N
 *   id N         ... with that id
 *   times N      ... so many times
 *   answer.id N  an ANSWER goes out with that id
 *   NAME.times N a frame of that name goes out so many times
 * The role's frame is what lies_about says, and permissions do not bind a liar.
 */
extern const enum message lies_about;

#endif
