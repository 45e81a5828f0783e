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

static bool
is_among(const char *word, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

bool
line_cause_known(const char *word)
{
	/* The generator is; the units that had the key are; one unit was taken for
	 * another. */
	static const char *const causes[] = { "repaired", "removed",
		"mistaken" };

	return is_among(word, causes, sizeof(causes) / sizeof(causes[0]));
}

bool
key_cause_known(const char *word)
{
	/* Another key signs now; what it signed for is over; somebody else has it,
	 * or may; nobody has it. */
	static const char *const causes[] = { "superseded", "end-of-life",
		"compromised", "lost" };

	return is_among(word, causes, sizeof(causes) / sizeof(causes[0]));
}
