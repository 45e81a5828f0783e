/* Words for what a certificate is, see lint.h. */
#include "model/lint.h"

static const char *const words[] = { "", "idevid", "ca", "voucher-signer",
	"other" };

const char *
lint_subject_text(enum lint_subject s)
{
	return (unsigned)s <= LINT_OTHER ? words[s] : "";
}

enum lint_subject
lint_subject_find(const char *text)
{
	unsigned i;

	for (i = LINT_IDEVID; i <= LINT_OTHER; i++)
		if (strcmp(text, words[i]) == 0)
			return (enum lint_subject)i;
	return LINT_GUESS;
}
