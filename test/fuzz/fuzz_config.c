/*
 * hallmark.ini, with the answers of [taxonomy]: what is accepted has its values in
 * range, and is printed to a file that reads as the same.
 */
#include "base/config.h"
#include "base/taxonomy.h"
#include "base/text.h"
#include "fuzz.h"
#include "scratch.h"

#define CONFIG_SIZE 4096 /* more than config_print() writes */
#define FILE_SIZE   (CONFIG_SIZE + TAXONOMY_ANSWERS * 200)
#define NAMES_MAX   64

/* --- what kept inputs must have --- */

/* Lines of a configuration that says all, and whether an input that was accepted had
 * another value there than the default. */
static struct {
	const char *name;
	int len;
	bool met;
} names[NAMES_MAX];
static size_t names_len;
static bool answered[TAXONOMY_COUNT], of_product;

static void
names_list(void)
{
	static char text[CONFIG_SIZE];
	const char *line, *end;
	struct config c;

	if (names_len > 0)
		return;
	config_defaults(&c);
	/* Where they are empty they are not printed. */
	snprintf(c.base_path, sizeof(c.base_path), "/a");
	snprintf(c.names, sizeof(c.names), "a");
	config_print(&c, text, sizeof(text));
	for (line = text; *line != '\0'; line = strchrnul(line, '\n') + 1) {
		end = strstr(line, " = ");
		if (end == NULL || end > strchrnul(line, '\n'))
			continue;
		require(names_len < NAMES_MAX);
		names[names_len].name = line;
		names[names_len++].len = (int)(end - line);
	}
}

/* The line of a name, empty if there is none. */
static struct span
line_of(const char *text, size_t n)
{
	char head[80];
	const char *at;

	snprintf(head, sizeof(head), "\n%.*s = ", names[n].len, names[n].name);
	at = strstr(text, head);
	return at == NULL ? span_of("", 0)
			  : span_of(at + 1, strcspn(at + 1, "\n"));
}

static void
names_meet(const char *text)
{
	char plain[CONFIG_SIZE];
	struct config c;
	size_t n;

	names_list();
	config_defaults(&c);
	config_print(&c, plain, sizeof(plain));
	for (n = 0; n < names_len; n++)
		names[n].met |= !span_eq(line_of(text, n), line_of(plain, n));
}

const char *
corpus_lacks(void)
{
	static char text[80];
	enum taxonomy_question q;
	size_t n;

	names_list();
	for (n = 0; n < names_len; n++) {
		if (names[n].met)
			continue;
		snprintf(
		    text, sizeof(text), "%.*s", names[n].len, names[n].name);
		return text;
	}
	for (q = 0; q < TAXONOMY_COUNT; q++)
		if (!answered[q] && taxonomy_row(q)->by != TAXONOMY_HOME)
			return taxonomy_row(q)->name;
	return of_product ? NULL : "an answer for a product";
}

/* --- what must hold --- */

static void
paths_hold(const char *at)
{
	unsigned n = 0;
	size_t len;

	for (; *at != '\0'; at += len + (at[len] == ',')) {
		len = strcspn(at, ",");
		require(text_path(span_of(at, len)) && ++n <= BASE_PATHS);
	}
}

static void
config_holds(const struct config *c)
{
	require(c->fronts >= 1 && c->fronts <= 16);
	require(c->connections >= 16 && c->connections <= 60000);
	require(c->rate_client <= RATE_MAX && c->rate_prefix <= RATE_MAX);
	require(c->rate_known <= RATE_MAX && c->rate_handshake <= RATE_MAX);
	require(c->max_age >= 60 && c->max_age <= 31536000);
	require(c->max_ahead <= 86400);
	require(c->keep_requests >= 1 && c->keep_requests <= 3650);
	require(c->client <= CLIENT_REQUIRED);
	require(c->organization[0] != '\0' &&
	    config_text_valid(c->organization, sizeof(c->organization)));
	require(config_text_valid(c->listen, sizeof(c->listen)));
	require(config_text_valid(c->names, sizeof(c->names)));
	paths_hold(c->base_path);
}

static void
answer_holds(const struct taxonomy *t, const struct taxonomy_answer *a)
{
	const struct taxonomy_row *row;
	bool good;
	unsigned i;

	require(a->question < TAXONOMY_COUNT);
	row = taxonomy_row(a->question);
	require(row->by != TAXONOMY_HOME);
	require(
	    a->text[0] != '\0' && config_text_valid(a->text, sizeof(a->text)));
	good = row->words[0] == NULL;
	for (i = 0; i < TAXONOMY_WORDS && row->words[i] != NULL; i++)
		good |= strcmp(row->words[i], a->text) == 0;
	require(good);
	/* None stands twice. */
	require(taxonomy_answer(t, a->question, a->product) == a->text);
	answered[a->question] = true;
	of_product |= a->product[0] != '\0';
}

/* All that was read. Of [taxonomy] no line is longer than one of the input: there is
 * not a blank in it that need not be. */
static void
file_print(
    char out[FILE_SIZE], const struct config *c, const struct taxonomy *t)
{
	const struct taxonomy_answer *a;
	size_t len;

	config_print(c, out, CONFIG_SIZE);
	len = strlen(out);
	len += (size_t)snprintf(out + len, FILE_SIZE - len, "[taxonomy]\n");
	for (a = t->answers; a < t->answers + t->len; a++)
		len += (size_t)snprintf(out + len, FILE_SIZE - len,
		    "%s%s%s=%s\n", taxonomy_row(a->question)->name,
		    a->product[0] == '\0' ? "" : "@", a->product, a->text);
	require(len < FILE_SIZE);
}

/* Both as text; what the programs of the service read is the same without answers. */
static void
reads_again(const struct config *c, const char *text)
{
	static struct taxonomy answers;
	char again[FILE_SIZE];
	struct config other;
	struct why why;

	scratch_write("hallmark.ini", span_str(text));
	require(config_read_all(scratch_folder(), &other, &answers, &why) ==
	    REASON_OK);
	require(memcmp(c, &other, sizeof(other)) == 0);
	file_print(again, &other, &answers);
	require(strcmp(text, again) == 0);
	require(config_read(scratch_folder(), &other, &why) == REASON_OK);
	require(memcmp(c, &other, sizeof(other)) == 0);
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static struct taxonomy t;
	char text[FILE_SIZE];
	struct config c;
	struct why why;
	unsigned i;

	scratch_write("hallmark.ini", span_of(bytes, len));
	if (config_read_all(scratch_folder(), &c, &t, &why) != REASON_OK) {
		require(why.text[0] != '\0');
		return 0;
	}
	config_holds(&c);
	require(t.len <= TAXONOMY_ANSWERS);
	for (i = 0; i < t.len; i++)
		answer_holds(&t, &t.answers[i]);
	file_print(text, &c, &t);
	names_meet(text);
	if (oracle_begin()) {
		reads_again(&c, text);
		oracle_end();
	}
	return digest_add(ACCEPTED, text, strlen(text));
}
