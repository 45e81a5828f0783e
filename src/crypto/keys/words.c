/* Words and their numbers. No two words begin with the same four letters;
 * test_share.c holds the list to the published one. */
#include <ctype.h>
#include <stdlib.h>

#include "crypto/keys/share.h"

#define LETTERS 4 /* that tell a word from all others */

static const char words[SHARE_WORD_COUNT][9] = {
#include "crypto/keys/words.def"
};

const char *
share_word(unsigned number)
{
	return words[number];
}

static int
compare(const void *key, const void *row)
{
	return strncmp(key, row, LETTERS);
}

int
share_word_find(struct span word)
{
	char lower[9] = { 0 };
	const char(*found)[9];
	size_t i;

	if (word.len < LETTERS || word.len >= sizeof(lower))
		return -1;
	for (i = 0; i < word.len; i++)
		lower[i] = (char)tolower(word.ptr[i]);
	found =
	    bsearch(lower, words, SHARE_WORD_COUNT, sizeof(words[0]), compare);
	if (found != NULL && word.len > LETTERS && strcmp(*found, lower) != 0)
		found = NULL;
	secret_wipe(lower, sizeof(lower));
	return found == NULL ? -1 : (int)(found - words);
}
