/* hallmark.ini, see config.h. */
#include "base/config.h"

#include <ini.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/taxonomy.h"
#include "base/text.h"

enum kind {
	KIND_TEXT,
	KIND_BOOL,
	KIND_NUMBER,
	KIND_CLIENT,
	KIND_PATHS,
	KIND_NAMES,
};

/* One name of the file: where its value goes and what it may be. */
struct row {
	const char *section;
	const char *name;
	enum kind kind;
	size_t at;    /* offset in struct config */
	unsigned low; /* of a number; the size of a text lies in high */
	unsigned high;
};

static const struct row rows[] = {
#define AT(member) offsetof(struct config, member)
	{ "manufacturer", "organization", KIND_TEXT, AT(organization), 0,
	    sizeof(((struct config *)0)->organization) },
	{ "manufacturer", "test", KIND_BOOL, AT(test), 0, 0 },
	{ "manufacturer", "root-keys", KIND_BOOL, AT(root_keys), 0, 0 },
	{ "masa", "listen", KIND_TEXT, AT(listen), 0, CONFIG_VALUE },
	{ "masa", "names", KIND_NAMES, AT(names), 0, CONFIG_TEXT },
	{ "masa", "base-path", KIND_PATHS, AT(base_path), 0, CONFIG_VALUE },
	{ "masa", "client-certificate", KIND_CLIENT, AT(client), 0, 0 },
	{ "masa", "fronts", KIND_NUMBER, AT(fronts), 1, 16 },
	{ "masa", "connections", KIND_NUMBER, AT(connections), 16, 60000 },
	{ "masa", "rate-client", KIND_NUMBER, AT(rate_client), 0, 1000000 },
	{ "masa", "rate-prefix", KIND_NUMBER, AT(rate_prefix), 0, 1000000 },
	{ "masa", "rate-known", KIND_NUMBER, AT(rate_known), 0, 1000000 },
	{ "masa", "rate-handshake", KIND_NUMBER, AT(rate_handshake), 0,
	    1000000 },
	{ "masa", "max-age", KIND_NUMBER, AT(max_age), 60, 31536000 },
	{ "masa", "max-ahead", KIND_NUMBER, AT(max_ahead), 0, 86400 },
	{ "masa", "keep-requests", KIND_NUMBER, AT(keep_requests), 1, 3650 },
	{ "masa", "revocation-required", KIND_BOOL, AT(revocation_required), 0,
	    0 },
#undef AT
};
#define ROWS (sizeof(rows) / sizeof(*rows))

static const char *const client_words[] = { "none", "optional", "required" };

void
config_defaults(struct config *c)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->listen, sizeof(c->listen), "127.0.0.1:8443");
	c->client = CLIENT_REQUIRED;
	c->legacy = legacy_defaults();
	c->fronts = 1;
	c->connections = 4096;
	c->rate_client = 50;
	c->rate_prefix = 200;
	c->rate_known = 500;
	c->rate_handshake = 50;
	c->max_age = 86400;
	c->max_ahead = 300;
	c->keep_requests = 30;
}

bool
config_text_valid(const char *value, size_t cap)
{
	size_t len = strlen(value);

	return len < cap && text_printable(span_str(value)) &&
	    strchr(value, ';') == NULL &&
	    (len == 0 || (value[0] != ' ' && value[len - 1] != ' '));
}

static bool
set_text(char *out, size_t cap, const char *value)
{
	return config_text_valid(value, cap) &&
	    text_copy(out, cap, span_str(value));
}

static bool
set_bool(bool *out, const char *value)
{
	*out = strcmp(value, "yes") == 0;
	return *out || strcmp(value, "no") == 0;
}

static bool
set_number(unsigned *out, unsigned low, unsigned high, const char *value)
{
	uint64_t n;

	if (!text_uint(span_str(value), high, &n) || n < low)
		return false;
	*out = (unsigned)n;
	return true;
}

static bool
set_client(enum client_certificate *out, const char *value)
{
	unsigned i;

	for (i = 0; i < 3; i++) {
		if (strcmp(value, client_words[i]) == 0) {
			*out = (enum client_certificate)i;
			return true;
		}
	}
	return false;
}

static bool
set_paths(char *out, size_t cap, const char *value)
{
	const char *from = value;
	unsigned n = 0;
	size_t len;

	if (!set_text(out, cap, value))
		return false;
	while (*from != '\0' || n > 0) {
		len = strcspn(from, ",");
		if (++n > BASE_PATHS || !text_path(span_of(from, len)))
			return false;
		from += len;
		if (*from++ == '\0')
			break;
	}
	return true;
}

/* Behind those of the lines before. A value of commas alone is none: "" would say that
 * nothing is said. */
static bool
add_names(char *out, size_t cap, const char *value)
{
	size_t used = strlen(out), len;

	if (!config_text_valid(value, cap))
		return false;
	while (*value != '\0') {
		const char *comma = strchrnul(value, ',');

		for (len = (size_t)(comma - value);
		     len > 0 && value[len - 1] == ' '; len--)
			;
		if (len == 0 || used + 1 + len >= cap)
			return false;
		used += (size_t)snprintf(out + used, cap - used, "%s%.*s",
		    used > 0 ? "," : "", (int)len, value);
		value = comma + (*comma == ',');
		value += strspn(value, " ");
	}
	return true;
}

static bool
set_row(struct config *c, const struct row *row, const char *value)
{
	void *place = (char *)c + row->at;

	switch (row->kind) {
	case KIND_TEXT:
		return set_text(place, row->high, value);
	case KIND_BOOL:
		return set_bool(place, value);
	case KIND_NUMBER:
		return set_number(place, row->low, row->high, value);
	case KIND_CLIENT:
		return set_client(place, value);
	case KIND_PATHS:
		return set_paths(place, row->high, value);
	case KIND_NAMES:
		return add_names(place, row->high, value);
	}
	return false;
}

/* Rows, and behind them the switches of legacy.h. */
#define NAMES (ROWS + LEGACY_COUNT)

/* The number of a name, NAMES if it is unknown. */
static size_t
name_find(const char *section, const char *name)
{
	enum legacy_form form;
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (strcmp(section, rows[i].section) == 0 &&
		    strcmp(name, rows[i].name) == 0)
			return i;
	form = strcmp(section, "masa") != 0
	    ? LEGACY_COUNT
	    : legacy_switch(span_str(name), false);
	return ROWS + form;
}

static bool
set_name(struct config *c, size_t n, const char *value)
{
	bool on;

	if (n < ROWS)
		return set_row(c, &rows[n], value);
	if (!set_bool(&on, value))
		return false;
	c->legacy =
	    (c->legacy & ~LEGACY(n - ROWS)) | (on ? LEGACY(n - ROWS) : 0);
	return true;
}

/* What a name takes, for who gave it something else. */
static void
takes(char *out, size_t cap, size_t n)
{
	const struct row *row = &rows[n < ROWS ? n : 0];

	/* The switches of old forms are behind the rows. */
	switch (n < ROWS ? row->kind : KIND_BOOL) {
	case KIND_TEXT:
		snprintf(out, cap, "takes at most %u characters of ASCII, no ;",
		    row->high - 1);
		break;
	case KIND_BOOL:
		snprintf(out, cap, "takes yes or no");
		break;
	case KIND_NUMBER:
		snprintf(out, cap, "takes %u to %u", row->low, row->high);
		break;
	case KIND_CLIENT:
		snprintf(out, cap, "takes none, optional or required");
		break;
	case KIND_PATHS:
		snprintf(out, cap, "takes at most %d paths such as /a/b,/c",
		    BASE_PATHS);
		break;
	case KIND_NAMES:
		snprintf(out, cap, "takes HOST[:PORT],..., at most %u in all",
		    row->high - 1);
		break;
	}
}

struct reading {
	struct config *config;
	struct taxonomy *taxonomy;
	char takes[56];	 /* what the last one would have taken */
	char fault[160]; /* the first one */
	bool seen[NAMES];
};

/* NULL, or what is wrong with this pair. */
static const char *
take_name(
    struct reading *r, const char *section, const char *name, const char *value)
{
	size_t n;

	if (strcmp(section, "taxonomy") == 0)
		return taxonomy_add(r->taxonomy, name, value);
	if ((n = name_find(section, name)) == NAMES)
		return "unknown name";
	/* inih gives an indented line to the name above it, too */
	if (r->seen[n] && (n >= ROWS || rows[n].kind != KIND_NAMES))
		return "given twice";
	r->seen[n] = set_name(r->config, n, value);
	if (r->seen[n])
		return NULL;
	takes(r->takes, sizeof(r->takes), n);
	return r->takes;
}

/* inih calls this for each pair; 0 is a fault. It goes on after a fault, so
 * only the first one is told. */
static int
take_pair(
    void *context, const char *section, const char *name, const char *value)
{
	struct reading *r = context;
	const char *fault = take_name(r, section, name, value);

	if (fault == NULL)
		return 1;
	if (r->fault[0] == '\0')
		snprintf(r->fault, sizeof(r->fault),
		    "[%.20s] %.40s = %.40s: %s", section, name, value, fault);
	return 0;
}

struct lines {
	FILE *file;
	int number; /* of the last one */
	bool cut;   /* it is longer than there was room for */
};

/* inih takes the rest of a line that is too long for a line of its own: a value would
 * be cut off, or another line be blamed. So there it ends. */
static char *
line_next(char *out, int room, void *stream)
{
	struct lines *l = stream;
	int n = 0, ch;

	if (l->cut)
		return NULL;
	l->number++;
	while ((ch = getc(l->file)) != EOF && ch != '\n' && n < room - 1)
		out[n++] = (char)ch;
	out[n] = '\0';
	l->cut = ch != EOF && ch != '\n';
	return l->cut || (ch == EOF && n == 0) ? NULL : out;
}

/* The number of the first bad line, 0 if none is, -1 if there is no file. */
static int
lines_read(const char *path, struct reading *r)
{
	struct lines l = { .file = fopen(path, "re") };
	int line;

	if (l.file == NULL)
		return -1;
	line = ini_parse_stream(line_next, &l, take_pair, r);
	fclose(l.file);
	if (line != 0 || !l.cut)
		return line;
	snprintf(r->fault, sizeof(r->fault), "over 199 octets");
	return l.number;
}

enum reason
config_read_all(const char *home, struct config *c, struct taxonomy *taxonomy,
    struct why *why)
{
	struct reading r = { .config = c, .taxonomy = taxonomy };
	char path[PATH_MAX];
	int line;

	config_defaults(c);
	taxonomy->len = 0;
	why_clear(why);
	path_join(path, sizeof(path), home, "hallmark.ini");
	line = lines_read(path, &r);
	if (line < 0)
		return why_set(
		    why, REASON_HOME_INVALID, -1, "%.150s: %m", path);
	if (line > 0)
		return why_set(why, REASON_HOME_INVALID, line,
		    "hallmark.ini: line %d%s%s", line,
		    r.fault[0] == '\0' ? " is no name = value" : ": ", r.fault);
	/* init always writes it. A file that was emptied must not pass for one
	 * of defaults, which undo what an operator had switched off. */
	if (c->organization[0] == '\0')
		return why_set(why, REASON_HOME_INVALID, -1,
		    "hallmark.ini: [manufacturer] organization is missing");
	return REASON_OK;
}

enum reason
config_read(const char *home, struct config *c, struct why *why)
{
	struct taxonomy *t = memory_new(sizeof(*t));
	enum reason r = config_read_all(home, c, t, why);

	free(t);
	return r;
}

void
config_print(const struct config *c, char *out, size_t cap)
{
	const char *at;
	size_t len, n;
	unsigned i;

	snprintf(out, cap,
	    "[manufacturer]\norganization = %s\ntest = %s\n"
	    "root-keys = %s\n\n"
	    "[masa]\nlisten = %s\n%s%s%sclient-certificate = %s\n"
	    "fronts = %u\nconnections = %u\nrate-client = %u\n"
	    "rate-prefix = %u\nrate-known = %u\nrate-handshake = %u\n"
	    "max-age = %u\nmax-ahead = %u\n"
	    "keep-requests = %u\nrevocation-required = %s\n",
	    c->organization, c->test ? "yes" : "no",
	    c->root_keys ? "yes" : "no", c->listen,
	    c->base_path[0] == '\0' ? "" : "base-path = ", c->base_path,
	    c->base_path[0] == '\0' ? "" : "\n", client_words[c->client],
	    c->fronts, c->connections, c->rate_client, c->rate_prefix,
	    c->rate_known, c->rate_handshake, c->max_age, c->max_ahead,
	    c->keep_requests, c->revocation_required ? "yes" : "no");
	for (at = c->names; *at != '\0'; at += n + (at[n] == ',')) {
		n = strcspn(at, ",");
		len = strlen(out);
		snprintf(out + len, cap - len, "names = %.*s\n", (int)n, at);
	}
	for (i = 0; i < LEGACY_COUNT; i++) {
		len = strlen(out);
		if (!legacy_form(i)->product)
			snprintf(out + len, cap - len, "legacy-%s = %s\n",
			    legacy_form(i)->name,
			    (c->legacy & LEGACY(i)) != 0 ? "yes" : "no");
	}
}
