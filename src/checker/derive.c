/*
 * The facts of a request once more: for an operator who asks what would become
 * of a file (`hallmark explain`), and for the re-check of what was issued.
 */
#include "base/text.h"
#include "checker/check.h"
#include "envelope/pem.h"

void
derive_facts(const struct message_derive *in, struct workspace *room,
    uint8_t *arena, struct message_derived *out)
{
	struct message_check check = { .kind = in->kind,
		.format = in->format,
		.reply = in->reply,
		.body =
		    in->explain ? object_unwrap(in->body, arena) : in->body };
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
