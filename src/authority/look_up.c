/*
 * A checker asks which certificates are on record for a serial: a pledge's
 * request in COSE comes without one (R-9.7, doc/decisions/025). The certificates
 * go back as they are; this program reads none.
 */
#include "authority/authority.h"
#include "base/fatal.h"
#include "base/log.h"

struct found {
	struct message_on_record m;
	uint8_t room[ON_RECORD_MAX][CERTIFICATE_MAX];
	bool more; /* than anybody can mean */
};

static bool
add(void *context, const struct store_device *d)
{
	struct found *f = context;
	size_t len = d->certificate.len;

	if (len == 0 || len > CERTIFICATE_MAX)
		return true;
	f->more = f->m.len == ON_RECORD_MAX;
	if (f->more)
		return false;
	memcpy(f->room[f->m.len], d->certificate.ptr, len);
	f->m.certificates[f->m.len] = span_of(f->room[f->m.len], len);
	f->m.len++;
	return true;
}

void
look_up_take(struct authority *a, struct peer *peer, const struct frame *frame)
{
	static struct found f;
	struct message_look_up m;
	struct cbor in;

	cbor_open(&in, frame->payload, true);
	if (!message_look_up_get(&in, &m))
		fatal("malformed LOOK_UP");
	a->look_ups++;
	f.m.len = 0;
	f.more = false;
	store_device_get(a->store, m.serial, add, &f);
	if (f.more)
		f.m.len = 0;
	if (!PEER_SEND(peer, ON_RECORD, frame->id, on_record, &f.m))
		log_warning("answer-dropped", "kind=\"on-record\"");
}
