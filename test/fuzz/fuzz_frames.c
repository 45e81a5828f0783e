/*
 * Frames: the first two octets are the mark of a codec, the rest is its payload.
 * Whatever is accepted is written back to the same octets. An input that begins
 * with no mark is taken as a whole frame.
 */
#include "codecs.h"
#include "fuzz.h"
#include "ipc/channel.h"

static bool met[64]; /* codecs that have accepted something; more for frames */

const char *
corpus_lacks(void)
{
	static char text[80];
	size_t i, j;

	for (i = 0; i < codecs_len; i++) {
		for (j = 0; j < i; j++)
			require(
			    codec_mark(&codecs[i]) != codec_mark(&codecs[j]));
		if (met[i])
			continue;
		snprintf(text, sizeof(text), "codec %s, mark %04x",
		    codecs[i].name, codec_mark(&codecs[i]));
		return text;
	}
	return met[codecs_len] ? NULL : "a whole frame";
}

static uint64_t
payload_read(const struct codec *k, struct span payload)
{
	static uint8_t room[FRAME_MAX];
	union any_message m;
	struct cbor_out o;
	struct span again;
	struct cbor c;

	cbor_open(&c, payload, true);
	memset(&m, 0, sizeof(m));
	if (payload.len > FRAME_MAX || !k->get(&c, &m))
		return 0;
	cbor_out_open(&o, room, sizeof(room));
	k->put(&o, &m);
	require(cbor_out_span(&o, &again) == WIRE_OK);
	require(span_eq(again, payload));
	met[k - codecs] = true;
	return ACCEPTED;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	enum message type;
	struct span payload;
	uint64_t id;
	size_t i;

	require(codecs_len < sizeof(met) / sizeof(met[0]));
	for (i = 0; i < codecs_len && len >= 2; i++)
		if (codec_mark(&codecs[i]) ==
		    (unsigned)(bytes[0] << 8 | bytes[1]))
			return payload_read(
			    &codecs[i], span_of(bytes + 2, len - 2));
	if (!frame_open(span_of(bytes, len), &type, &id, &payload))
		return 0;
	require(type > 0 && type < MESSAGE_COUNT &&
	    payload.ptr + payload.len == bytes + len);
	met[codecs_len] = true;
	return ACCEPTED;
}
