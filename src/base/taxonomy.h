/*
 * The questions that an auditor asks of a manufacturer's keys (IP 9, R-15.5), and
 * what people answered in [taxonomy] of hallmark.ini. One list for the file, the
 * answers and the manual; what a home knows by itself is nobody's to write down.
 */
#ifndef BASE_TAXONOMY_H
#define BASE_TAXONOMY_H

#include "base/reason.h"

enum taxonomy_by {
	TAXONOMY_HOME,	 /* worked out, never answered in the file */
	TAXONOMY_PEOPLE, /* only people know */
	TAXONOMY_EITHER, /* worked out where there is evidence, else people */
};

enum taxonomy_question {
	TAXONOMY_ENCLAVE_LOCATION,
	TAXONOMY_ENCLAVE_INTEGRITY,
	TAXONOMY_ENCLAVE_PRIVACY,
	TAXONOMY_FIRST_STAGE,
	TAXONOMY_STAGE_GAP,
	TAXONOMY_IDENTITY_LEVEL,
	TAXONOMY_IDENTITY_TIME,
	TAXONOMY_IDENTITY_NUMBER,
	TAXONOMY_IDENTITY_STORAGE,
	TAXONOMY_PKI_LEVEL,
	TAXONOMY_PKI_ALGORITHMS,
	TAXONOMY_PKI_LOCKED,
	TAXONOMY_PKI_BREADTH,
	TAXONOMY_PKI_LOCK_POLICY,
	TAXONOMY_PKI_STORAGE,
	TAXONOMY_KEY_GENERATION,
	TAXONOMY_KEY_INSTALLATION,
	TAXONOMY_COUNT
};

#define TAXONOMY_WORDS 4
struct taxonomy_row {
	const char *name;
	enum taxonomy_by by;
	const char *words[TAXONOMY_WORDS]; /* none: any text */
};
const struct taxonomy_row *taxonomy_row(enum taxonomy_question q);

#define TAXONOMY_TEXT	 161
#define TAXONOMY_PRODUCT 65
#define TAXONOMY_ANSWERS 256
struct taxonomy {
	unsigned len;
	struct taxonomy_answer {
		enum taxonomy_question question;
		char product[TAXONOMY_PRODUCT]; /* "" = all others */
		char text[TAXONOMY_TEXT];
	} answers[TAXONOMY_ANSWERS];
};

/*
 * Takes "question = answer" or "question@product = answer". NULL, or what is wrong
 * with it: an unknown question, one that the home answers, none of its words, given
 * twice.
 */
const char *taxonomy_add(
    struct taxonomy *t, const char *name, const char *value);
/* The answer for a product, that for all others, or NULL. */
const char *taxonomy_answer(
    const struct taxonomy *t, enum taxonomy_question q, const char *product);

#endif
