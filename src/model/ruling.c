/* The words of refusals, see ruling.h. */
#include "model/ruling.h"

static const char *const words[] = { "", "stolen", "resale", "grey-market",
	"unpaid", "end-of-life", "compromised", "duplicate", "owner" };

const char *
cause_text(enum cause c)
{
	return (unsigned)c <= CAUSE_LAST ? words[c] : "";
}

enum cause
cause_find(struct span word)
{
	unsigned i;

	for (i = CAUSE_NONE + 1; i <= CAUSE_LAST; i++)
		if (span_is(word, words[i]))
			return (enum cause)i;
	return CAUSE_NONE;
}
