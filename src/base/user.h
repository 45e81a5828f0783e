/* Root at work among the files of one of the service's users: whoever is that user
 * may put anything there, links of its own making too, so root does not touch it as
 * root. */
#ifndef BASE_USER_H
#define BASE_USER_H

#include <stdint.h>

/* From here on files are made, read and changed as that user and group, by this
 * process if it is root; by any other as before. It is ended where that fails. */
void user_enter(uint32_t user, uint32_t group);
/* Root again, if user_enter() changed it; without root's further groups. */
void user_leave(void);

#endif
