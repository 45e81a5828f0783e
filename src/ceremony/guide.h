/*
 * The full-screen guide of a ceremony (inside of ceremony/): one act a screen,
 * plain ANSI on at least 80 x 24. What is typed is a line; "abort", Ctrl-C, Ctrl-D
 * and a hangup abort at every question.
 */
#ifndef CEREMONY_GUIDE_H
#define CEREMONY_GUIDE_H

#include <termios.h>

#include "crypto/keys/share.h"

#define GUIDE_LINE 640 /* a whole share fits */

struct guide {
	int in, out;
	const char *title;
	bool rehearsal;
	unsigned act, acts;
	struct termios before;
	bool open;
	struct secret line; /* what is typed */
};

/* Takes the terminal over. ADMIN_ARGUMENT if in or out is none. */
MUST_USE enum reason guide_open(
    struct guide *g, const char *title, bool rehearsal, struct why *why);
/* Clears the screen and gives it back as it was. */
void guide_close(struct guide *g);
/* Clears the screen for act number n. */
void guide_act(struct guide *g, unsigned n, unsigned acts, const char *what);
void guide_say(struct guide *g, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A SHA-256: its first 130 bits as 13 words of the list of SLIP-0039, and all
 * of it as hex. */
void guide_fingerprint(
    struct guide *g, const char *label, const uint8_t hash[32]);
/* The words of a fingerprint, one blank between them. */
#define FINGERPRINT_WORDS 13
#define FINGERPRINT_SIZE  (FINGERPRINT_WORDS * 9)
void fingerprint_words(const uint8_t hash[32], char out[FINGERPRINT_SIZE]);
/* Waits for "yes". CEREMONY_ABORTED. */
MUST_USE enum reason guide_confirm(
    struct guide *g, const char *what, struct why *why);
/* Waits for "yes" or "no". CEREMONY_ABORTED. */
MUST_USE enum reason guide_decide(
    struct guide *g, const char *what, bool *yes, struct why *why);
/* A line of printable characters, less than cap, at least one unless empty is
 * fine. CEREMONY_ABORTED. */
MUST_USE enum reason guide_ask(struct guide *g, const char *what, char *out,
    size_t cap, bool empty, struct why *why);
/* Shows the words of a share until Enter, then clears them away. */
MUST_USE enum reason guide_share_show(
    struct guide *g, const struct share *s, struct why *why);
/* Has a share of a secret of len octets typed, any number of words a line, until
 * it is one; says which word or what else is wrong. CEREMONY_ABORTED. */
MUST_USE enum reason guide_share_ask(struct guide *g, const char *what,
    size_t len, struct share *out, struct why *why);

#endif
