/* What the three kinds of containers share. */
#include "pledge/internal.h"
#include "wire/json.h"

enum pledge_verdict
pledge_object_certificate(struct object *o, struct span der)
{
	if (o->certificates_len == PLEDGE_CERTIFICATES_MAX)
		return PLEDGE_LIMIT;
	o->certificates[o->certificates_len++] = der;
	return PLEDGE_ACCEPTED;
}

enum pledge_verdict
pledge_json_parse(
    struct span text, struct json_value *root, enum pledge_verdict malformed)
{
	enum wire_error e = json_parse(text, root, NULL);

	if (e == WIRE_DEPTH || e == WIRE_LIMIT)
		return PLEDGE_LIMIT;
	return e == WIRE_OK ? PLEDGE_ACCEPTED : malformed;
}

bool
pledge_room_string(
    struct room *room, const struct json_value *v, struct span *out)
{
	size_t len;

	if (json_string(v, (char *)room->at, room->left, &len) != WIRE_OK)
		return false;
	*out = span_of(room->at, len);
	room->at += len;
	room->left -= len;
	return true;
}

bool
pledge_room_base64(struct room *room, const struct json_value *v,
    enum base64_kind kind, struct span *out)
{
	uint8_t *begin = room->at;
	size_t left = room->left, len;
	struct span text;

	if (!pledge_room_string(room, v, &text) ||
	    !base64_decode(begin, text.len, &len, text, kind))
		return false;
	*out = span_of(begin, len);
	room->at = begin + len;
	room->left = left - len;
	return true;
}
