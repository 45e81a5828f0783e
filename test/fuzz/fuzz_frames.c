/*
 * Frames: the first octet chooses a codec, the rest is its payload. Whatever is
 * accepted is written back to the same octets. An input whose first octet names
 * no codec is taken as a whole frame.
 */
#include "codecs.h"
#include "fuzz.h"
#include "ipc/channel.h"

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
	return ACCEPTED;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	enum message type;
	struct span payload;
	uint64_t id;

	if (len > 0 && bytes[0] < codecs_len)
		return payload_read(
		    &codecs[bytes[0]], span_of(bytes + 1, len - 1));
	if (!frame_open(span_of(bytes, len), &type, &id, &payload))
		return 0;
	require(type > 0 && type < MESSAGE_COUNT &&
	    payload.ptr + payload.len == bytes + len);
	return ACCEPTED;
}
