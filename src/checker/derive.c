/*
 * The facts of a request once more: for an operator who asks what would become
 * of a file (`hallmark explain`), and for the re-check of what was issued.
 */
#include "base/text.h"
#include "checker/check.h"
#include "envelope/pem.h"

/* A file may hold its request as PEM; anything else, base64 too, is what the
 * service would be sent (MP 16 row 22). */
static struct span
unwrap(struct span body, uint8_t *arena)
{
	size_t len;

	return body.len > 0 && body.ptr[0] == '-' &&
		pem_or_der(body, "CMS", arena, body.len, &len)
	    ? span_of(arena, len)
	    : body;
}

void
derive_facts(const struct message_derive *in, struct workspace *room,
    uint8_t *arena, struct message_derived *out)
{
	struct message_check check = { .kind = in->kind,
		.format = in->format,
		.reply = in->reply,
		.legacy = in->legacy,
		.allowed = in->allowed,
		.body = in->explain ? unwrap(in->body, arena) : in->body };
	struct why why;
	unsigned i;

	memset(out, 0, sizeof(*out));
	why_clear(&why);
	out->reason = check_request(&check, in->moment, room, &out->facts,
	    in->explain ? &out->trace : NULL, &why);
	text_copy(out->text, sizeof(out->text), span_str(why.text));
	out->complete = check_hands_on(in->kind, out->reason);
	out->facts.refusal = out->reason;
	out->facts.why = why;
	for (i = 0; in->explain && i < out->facts.chain_len; i++)
		name_print(out->subjects[i], sizeof(out->subjects[i]),
		    room->path.certificates[i].subject);
}
