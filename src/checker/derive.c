/*
 * The facts of a request once more: for an operator who asks what would become
 * of a file (`hallmark explain`), and for the re-check of what was issued.
 */
#include "base/text.h"
#include "checker/check.h"
#include "envelope/pem.h"

/* A file may hold its request as PEM or base64; anything else is taken as it
 * is, for the first row to refuse. Base64 of a SEQUENCE begins with M, that of a
 * COSE_Sign1 with 0 or h, as no signed object does. */
static struct span
unwrap(struct span body, uint8_t *arena)
{
	uint8_t *text = arena + body.len;
	size_t i, n = 0, len;

	if (body.len > 0 && body.ptr[0] == '-' &&
	    pem_or_der(body, "CMS", arena, body.len, &len))
		return span_of(arena, len);
	if (body.len == 0 || memchr("M0h", body.ptr[0], 3) == NULL)
		return body;
	for (i = 0; i < body.len; i++)
		if (body.ptr[i] > ' ')
			text[n++] = body.ptr[i];
	return base64_decode(
		   arena, body.len, &len, span_of(text, n), BASE64_STANDARD)
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
