/* Command lines and exit messages, see registrar.h. */
#include "registrar/registrar.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char *said_noun = "hallmark-registrar", *said_verb = "";

void
refuse_as(const char *noun, const char *verb)
{
	said_noun = noun;
	said_verb = verb;
}

enum exit_code
refuse(enum reason r, const struct why *why)
{
	char text[600];
	unsigned status = reason_status(r);

	reason_print(text, sizeof(text), r, why);
	fprintf(stderr, "%s %s: %s\n", said_noun, said_verb, text);
	if (r == REASON_ADMIN_ARGUMENT)
		return EXIT_USAGE;
	return status == 503 ? EXIT_UNAVAILABLE : EXIT_REFUSED;
}

static enum exit_code
usage(const char *what, const char *name)
{
	fprintf(stderr, "%s %s: %s%s (see hallmark-registrar(1))\n", said_noun,
	    said_verb, what, name);
	return EXIT_USAGE;
}

#define HELP_WIDTH 79

static _Noreturn void
help(const struct option_row *rows, unsigned operands)
{
	char word[64];
	int column, len;

	column = printf("hallmark %s %s", said_noun, said_verb);
	for (; rows->name != NULL; rows++) {
		len = snprintf(word, sizeof(word),
		    rows->required ? " --%s%s" : " [--%s%s]", rows->name,
		    rows->flag != NULL ? "" : " VALUE");
		if (column + len > HELP_WIDTH)
			column = printf("\n          ") - 1;
		column += printf("%s", word);
	}
	printf("%s\n\nhallmark-registrar(1) explains them.\n",
	    operands > 0 ? " FILE" : "");
	exit(EXIT_DONE);
}

/* The table as getopt wants it. */
static unsigned
table_fill(struct option *table, const struct option_row *rows)
{
	static int told;
	unsigned n;

	for (n = 0; rows[n].name != NULL && n < OPTIONS_MAX; n++) {
		table[n].name = rows[n].name;
		table[n].has_arg =
		    rows[n].value != NULL ? required_argument : no_argument;
		/* All different: else getopt takes a beginning that two have
		 * in common for the first of them. */
		table[n].flag = &told;
		table[n].val = (int)n + 1;
	}
	return n;
}

static enum exit_code
row_take(const struct option_row *row)
{
	if (row->flag != NULL) {
		*row->flag = true;
		return EXIT_DONE;
	}
	if (*row->value != NULL)
		return usage("given twice: --", row->name);
	*row->value = optarg;
	return EXIT_DONE;
}

/* Of a word of several letters getopt names the letter, and is not past the word. */
static enum exit_code
no_option(const char *word)
{
	const char letter[] = { '-', (char)optopt, '\0' };

	return usage(
	    "no such option: ", optopt > ' ' && optopt < 0x7f ? letter : word);
}

enum exit_code
options_read(int argc, char **argv, const struct option_row *rows,
    const char **operands, unsigned operands_max)
{
	struct option table[OPTIONS_MAX + 1] = { 0 };
	unsigned len = table_fill(table, rows), i, taken = 0;
	int at, which;

	if (argc > 3 && strcmp(argv[3], "--help") == 0)
		help(rows, operands_max);
	/* getopt skips its argv[0]: that is the verb here. */
	argc -= 2;
	argv += 2;
	optind = 1;
	opterr = 0;
	while ((which = getopt_long(argc, argv, ":", table, &at)) != -1) {
		if (which == ':')
			return usage("needs a value: ", argv[optind - 1]);
		if (which != 0)
			return no_option(argv[optind - 1]);
		if (row_take(&rows[at]) != EXIT_DONE)
			return EXIT_USAGE;
	}
	for (i = 0; i < len; i++)
		if (rows[i].required && *rows[i].value == NULL)
			return usage("missing: --", rows[i].name);
	for (; optind < argc; optind++) {
		if (taken == operands_max)
			return usage("one word too many: ", argv[optind]);
		operands[taken++] = argv[optind];
	}
	return taken == operands_max ? EXIT_DONE : usage("missing: ", "FILE");
}
