/* The questions of IP 9 and their answers, see taxonomy.h. */
#include "base/taxonomy.h"

#include "base/config.h"
#include "base/text.h"

static const struct taxonomy_row rows[TAXONOMY_COUNT] = {
	{ "initial-enclave-location", TAXONOMY_PEOPLE, { NULL } },
	{ "initial-enclave-integrity-key", TAXONOMY_PEOPLE, { NULL } },
	{ "initial-enclave-privacy-key", TAXONOMY_PEOPLE, { NULL } },
	{ "first-stage-initialization", TAXONOMY_PEOPLE, { NULL } },
	{ "first-second-stage-gap", TAXONOMY_PEOPLE, { NULL } },
	{ "identity-pki-level", TAXONOMY_HOME, { NULL } },
	{ "identity-time-limits-per-subordinate", TAXONOMY_HOME, { NULL } },
	{ "identity-number-per-subordinate", TAXONOMY_HOME, { NULL } },
	{ "identity-anchor-storage", TAXONOMY_EITHER, { NULL } },
	{ "pki-level", TAXONOMY_HOME, { NULL } },
	{ "pki-algorithms", TAXONOMY_HOME, { NULL } },
	{ "pki-level-locked", TAXONOMY_PEOPLE, { "yes", "no", NULL } },
	{ "pki-breadth", TAXONOMY_HOME, { NULL } },
	{ "pki-lock-policy", TAXONOMY_EITHER, { NULL } },
	{ "pki-anchor-storage", TAXONOMY_EITHER, { NULL } },
	{ "key-generation", TAXONOMY_PEOPLE,
	    { "device-generated", "infrastructure-generated",
		"device/infrastructure-co-generated", NULL } },
	{ "key-installation", TAXONOMY_PEOPLE,
	    { "mechanically-installed", "mechanically-transferred",
		"network-transferred", NULL } },
};

const struct taxonomy_row *
taxonomy_row(enum taxonomy_question q)
{
	return &rows[q];
}

static bool
word_allowed(const struct taxonomy_row *row, const char *value)
{
	unsigned i;

	for (i = 0; row->words[i] != NULL; i++)
		if (strcmp(row->words[i], value) == 0)
			return true;
	return i == 0;
}

static const struct taxonomy_answer *
answer_find(
    const struct taxonomy *t, enum taxonomy_question q, const char *product)
{
	unsigned i;

	for (i = 0; i < t->len; i++)
		if (t->answers[i].question == q &&
		    strcmp(t->answers[i].product, product) == 0)
			return &t->answers[i];
	return NULL;
}

/* Splits off "@product"; false if that is no name. */
static bool
product_take(struct taxonomy_answer *a, const char *at)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	if (*at == '\0')
		return true;
	at++;
	return *at != '\0' && strspn(at, letters) == strlen(at) &&
	    text_copy(a->product, sizeof(a->product), span_str(at));
}

const char *
taxonomy_add(struct taxonomy *t, const char *name, const char *value)
{
	struct taxonomy_answer a = { 0 };
	size_t len = strcspn(name, "@");
	unsigned q;

	for (q = 0; q < TAXONOMY_COUNT; q++)
		if (span_is(span_of(name, len), rows[q].name))
			break;
	if (q == TAXONOMY_COUNT || !product_take(&a, name + len))
		return "unknown name";
	a.question = (enum taxonomy_question)q;
	if (rows[q].by == TAXONOMY_HOME)
		return "the home answers this itself";
	if (answer_find(t, a.question, a.product) != NULL)
		return "given twice";
	if (value[0] == '\0' || !config_text_valid(value, sizeof(a.text)) ||
	    !word_allowed(&rows[q], value))
		return "value out of range";
	if (t->len == TAXONOMY_ANSWERS)
		return "more answers than there is room for";
	(void)text_copy(a.text, sizeof(a.text), span_str(value));
	t->answers[t->len++] = a;
	return NULL;
}

const char *
taxonomy_answer(
    const struct taxonomy *t, enum taxonomy_question q, const char *product)
{
	const struct taxonomy_answer *a = answer_find(t, q, product);

	if (a == NULL)
		a = answer_find(t, q, "");
	return a == NULL ? NULL : a->text;
}
