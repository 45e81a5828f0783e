/* Statements that two operators sign, and their signatures; see cli.h. */
#include <stdio.h>

#include "base/file.h"
#include "cli/cli.h"

enum reason
signatures_read(const struct cli *c, struct message_admin *m,
    struct signatures *s, struct why *why)
{
	char argument[16];
	enum reason r = REASON_OK;
	unsigned i;

	for (i = 0; r == REASON_OK && i + 1 < c->operands_len; i++) {
		snprintf(argument, sizeof(argument), "signature.%u", i);
		r = file_read(
		    c->operands[i + 1], &s->texts[i], END_SIGNATURE_MAX, why);
		if (r == REASON_OK)
			request_bytes(m, argument, buf_span(&s->texts[i]));
	}
	return r;
}

void
signatures_free(struct signatures *s)
{
	unsigned i;

	for (i = 0; i < END_SIGNATURES; i++)
		buf_free(&s->texts[i]);
}

void
signatures_wanted(const struct cli *c, const char *namespace, const char *more)
{
	fprintf(stderr,
	    "Two operators of signer/operators sign this, each with\n"
	    "  ssh-keygen -Y sign -n %s -f KEY FILE\n"
	    "and then: hallmark %s %s %s SIGNATURE SIGNATURE%s\n",
	    namespace, c->noun, c->verb, c->operands[0], more);
}
