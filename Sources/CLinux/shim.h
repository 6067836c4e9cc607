#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H
// Glibc's Swift module leaves out epoll, eventfd and accept4; these headers bring them.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

// accept4 is declared only under _GNU_SOURCE, which the Swift importer does not set for Glibc's own
// module, so that the declaration may already have been read without it.
extern int accept4(int, struct sockaddr *, socklen_t *, int);

// epoll_data_t is a union; the importer makes its members awkward, and only u64 is wanted.
static inline int linux_epoll_ctl(int epoll, int operation, int descriptor, unsigned int events,
                                  unsigned long long data) {
  struct epoll_event event;
  event.events = events;
  event.data.u64 = data;
  return epoll_ctl(epoll, operation, descriptor, &event);
}
static inline unsigned long long linux_epoll_data(const struct epoll_event *event) {
  return event->data.u64;
}

// prctl takes a variable number of arguments, which the importer leaves out.
static inline int linux_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
#endif
