/* The terminal of a ceremony, see guide.h. */
#include "ceremony/guide.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"

#define ANSI_SCREEN "\033[?1049h" /* a screen of its own, without history */
#define ANSI_BACK   "\033[?1049l"
#define ANSI_CLEAR  "\033[2J\033[3J\033[H"
#define ANSI_BOLD   "\033[1m"
#define ANSI_PLAIN  "\033[0m"
#define RULE                                                       \
	"--------------------------------------------------------" \
	"----------------------"
#define WORD_COLUMNS 4
#define CTRL_C	     3

static volatile sig_atomic_t interrupted;

static void
interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static void
put(struct guide *g, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(g->out, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* the next read says that nobody is there */
		text += n;
		len -= (size_t)n;
	}
}

void
guide_say(struct guide *g, const char *format, ...)
{
	char text[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	put(g, text);
	secret_wipe(text, sizeof(text));
}

enum reason
guide_open(struct guide *g, const char *title, bool rehearsal, struct why *why)
{
	struct sigaction catch = { .sa_handler = interrupt };
	struct termios now;

	memset(g, 0, sizeof(*g));
	g->in = STDIN_FILENO;
	g->out = STDOUT_FILENO;
	g->title = title;
	g->rehearsal = rehearsal;
	if (!isatty(g->out) || tcgetattr(g->in, &g->before) != 0)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "a ceremony needs a terminal");
	/* Without SA_RESTART: a read ends, and the ceremony with it. */
	sigaction(SIGTERM, &catch, NULL);
	sigaction(SIGHUP, &catch, NULL);
	sigaction(SIGINT, &catch, NULL);
	now = g->before;
	now.c_lflag |= ICANON | ECHO;
	/* Ctrl-C is a character that aborts, and ends a line to do so at once. */
	now.c_lflag &= ~(tcflag_t)ISIG;
	now.c_cc[VEOL] = CTRL_C;
	if (tcsetattr(g->in, TCSAFLUSH, &now) != 0)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "the terminal: %s", strerror(errno));
	secret_new(&g->line, GUIDE_LINE);
	g->open = true;
	put(g, ANSI_SCREEN ANSI_CLEAR);
	return REASON_OK;
}

void
guide_close(struct guide *g)
{
	if (!g->open)
		return;
	put(g, ANSI_CLEAR ANSI_BACK);
	(void)tcsetattr(g->in, TCSAFLUSH, &g->before);
	secret_free(&g->line);
	g->open = false;
}

static void
head(struct guide *g)
{
	char number[32];

	snprintf(number, sizeof(number), "act %u of %u", g->act, g->acts);
	guide_say(g, ANSI_CLEAR ANSI_BOLD "%-60.60s%18s" ANSI_PLAIN "\n",
	    g->rehearsal ? "REHEARSAL - throw-away keys" : "Hallmark ceremony",
	    number);
	guide_say(g, "%.78s\n" RULE "\n", g->title);
}

void
guide_act(struct guide *g, unsigned n, unsigned acts, const char *what)
{
	g->act = n;
	g->acts = acts;
	head(g);
	guide_say(g, ANSI_BOLD "%u. %s" ANSI_PLAIN "\n\n", n, what);
}

/* --- fingerprints --- */

void
fingerprint_words(const uint8_t hash[32], char out[FINGERPRINT_SIZE])
{
	unsigned i, bit, number;
	size_t len = 0;

	for (i = 0; i < FINGERPRINT_WORDS; i++) {
		for (bit = number = 0; bit < 10; bit++) {
			unsigned at = i * 10 + bit, octet = hash[at / 8];

			number = number << 1 | (octet >> (7 - at % 8) & 1U);
		}
		len += (size_t)snprintf(out + len, FINGERPRINT_SIZE - len,
		    "%s%s", i == 0 ? "" : " ", share_word(number));
	}
}

void
guide_fingerprint(struct guide *g, const char *label, const uint8_t hash[32])
{
	char words[FINGERPRINT_SIZE], hex[HEX_SIZE(32)];
	char *word, *rest;
	unsigned i;

	fingerprint_words(hash, words);
	hex_encode(hex, span_of(hash, 32));
	guide_say(g, "%s\n\n", label);
	for (i = 0, word = strtok_r(words, " ", &rest); word != NULL;
	     i++, word = strtok_r(NULL, " ", &rest))
		guide_say(g, ANSI_BOLD "    %-12s" ANSI_PLAIN "%s", word,
		    i % WORD_COLUMNS == WORD_COLUMNS - 1 ||
			    i == FINGERPRINT_WORDS - 1
			? "\n"
			: "");
	guide_say(g, "\n");
	for (i = 0; i < 64; i += 8)
		guide_say(g, "%s%.8s%s", i % 32 == 0 ? "    " : " ", hex + i,
		    i % 32 == 24 ? "\n" : "");
	guide_say(g, "\n");
}

/* --- questions --- */

static enum reason
aborted(const struct guide *g, const char *how, struct why *why)
{
	return why_set(
	    why, REASON_CEREMONY_ABORTED, -1, "in act %u: %s", g->act, how);
}

/* One line into g->line, terminated; too long a one is asked for again. */
static enum reason
line_read(struct guide *g, struct why *why)
{
	char *out = (char *)g->line.ptr;
	size_t n = 0;
	char c;

	for (;;) {
		ssize_t got = interrupted ? 0 : read(g->in, &c, sizeof(c));

		if (got <= 0)
			return aborted(g,
			    interrupted ? "a signal" : "the terminal is gone",
			    why);
		if (c == '\n' && n < GUIDE_LINE)
			break;
		if (c == '\n') {
			guide_say(g, "Too long; type it again: ");
			n = 0;
			continue;
		}
		if (c == CTRL_C)
			return aborted(g, "Ctrl-C", why);
		if (n < GUIDE_LINE - 1)
			out[n++] = c;
		else
			n = GUIDE_LINE;
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return strcmp(out, "abort") == 0 ? aborted(g, "abort was typed", why)
					 : REASON_OK;
}

/* What was typed before a question is no answer to it. */
static void
forget_input(const struct guide *g)
{
	(void)tcflush(g->in, TCIFLUSH);
}

enum reason
guide_confirm(struct guide *g, const char *what, struct why *why)
{
	enum reason r;

	for (;;) {
		forget_input(g);
		guide_say(g, "%s\nType yes, or abort: ", what);
		if ((r = line_read(g, why)) != REASON_OK ||
		    strcmp((const char *)g->line.ptr, "yes") == 0)
			return r;
	}
}

enum reason
guide_decide(struct guide *g, const char *what, bool *yes, struct why *why)
{
	const char *line = (const char *)g->line.ptr;
	enum reason r;

	for (;;) {
		forget_input(g);
		guide_say(g, "%s\nType yes, no, or abort: ", what);
		if ((r = line_read(g, why)) != REASON_OK)
			return r;
		*yes = strcmp(line, "yes") == 0;
		if (*yes || strcmp(line, "no") == 0)
			return r;
	}
}

enum reason
guide_ask(struct guide *g, const char *what, char *out, size_t cap, bool empty,
    struct why *why)
{
	const char *line = (const char *)g->line.ptr;
	enum reason r;

	for (;;) {
		guide_say(g, "%s: ", what);
		if ((r = line_read(g, why)) != REASON_OK)
			return r;
		if ((empty || line[0] != '\0') &&
		    text_printable(span_str(line)) &&
		    text_copy(out, cap, span_str(line)))
			return REASON_OK;
		guide_say(
		    g, "Printable ASCII, at most %zu characters.\n", cap - 1);
	}
}

/* --- shares --- */

enum reason
guide_share_show(struct guide *g, const struct share *s, struct why *why)
{
	unsigned i, count = share_words(s->len);
	unsigned rows = (count + WORD_COLUMNS - 1) / WORD_COLUMNS;
	const char *words[SHARE_WORDS_MAX];
	struct secret text;
	char *word, *rest;
	enum reason r;

	secret_new(&text, SHARE_TEXT_SIZE);
	share_write(s, (char *)text.ptr);
	for (i = 0, word = strtok_r((char *)text.ptr, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		words[i++] = word;
	/* Numbers run down the columns, as people write. */
	for (i = 0; i < rows * WORD_COLUMNS; i++) {
		unsigned at = i / WORD_COLUMNS + i % WORD_COLUMNS * rows;

		if (at < count)
			guide_say(g, "  %2u %-13s", at + 1, words[at]);
		if (i % WORD_COLUMNS == WORD_COLUMNS - 1)
			guide_say(g, "\n");
	}
	forget_input(g);
	guide_say(g, "\nThis is shown once. Enter when it is written down: ");
	r = line_read(g, why);
	memset(words, 0, sizeof(words));
	secret_free(&text);
	head(g);
	return r;
}

/* Appends the words of a line to a text, each checked; the number of words, or
 * -1 after saying what is wrong with the line. */
static int
words_take(struct guide *g, struct buf *text, unsigned have, unsigned want)
{
	char *word, *rest;
	size_t mark = text->len;
	unsigned n = 0;
	int number;

	for (word = strtok_r((char *)g->line.ptr, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest), n++) {
		number = share_word_find(span_str(word));
		if (number >= 0 && have + n < want &&
		    buf_printf(text, "%s ", share_word((unsigned)number)))
			continue;
		text->len = mark;
		guide_say(g,
		    number < 0 ? "Word %u is not in the list; type this line "
				 "again.\n"
			       : "Word %u is one too many; type this line "
				 "again.\n",
		    have + n + 1);
		return -1;
	}
	return (int)n;
}

enum reason
guide_share_ask(struct guide *g, const char *what, size_t len,
    struct share *out, struct why *why)
{
	unsigned want = share_words(len), have;
	struct secret room;
	struct buf text = { 0 };
	enum reason r = REASON_OK, good;
	struct why fault;
	int n;

	/* The buffer lies in locked memory, and so never grows. */
	secret_new(&room, SHARE_TEXT_SIZE + GUIDE_LINE);
	text.ptr = room.ptr;
	text.room = text.cap = room.len;
	do {
		guide_say(g, "%s: %u words, or their first four letters\n",
		    what, want);
		for (text.len = have = 0; have < want && r == REASON_OK;) {
			guide_say(g, "  from word %u: ", have + 1);
			r = line_read(g, why);
			if (r == REASON_OK &&
			    (n = words_take(g, &text, have, want)) > 0)
				have += (unsigned)n;
		}
		if (r != REASON_OK)
			break;
		good = share_read(buf_span(&text), out, &fault);
		if (good != REASON_OK)
			guide_say(
			    g, "%s (%s)\n", reason_sentence(good), fault.text);
	} while (good != REASON_OK);
	secret_wipe(g->line.ptr, g->line.len);
	secret_free(&room);
	return r;
}
