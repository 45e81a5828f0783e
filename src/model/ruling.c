/* The words of refusals, and of keys' ends, see ruling.h. */
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

bool
key_cause_known(const char *word)
{
	/* Another key signs now; what it signed for is over; somebody else has it,
	 * or may; nobody has it. */
	static const char *const causes[] = { "superseded", "end-of-life",
		"compromised", "lost" };
	size_t i;

	for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (strcmp(word, causes[i]) == 0)
			return true;
	return false;
}
