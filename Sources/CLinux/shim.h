#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H
// Glibc's Swift module leaves out epoll, eventfd and accept4; these headers bring them.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <linux/filter.h>

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
// Has a listening TCP socket ignore what begins a connection (SYN without ACK, in the header's byte 13),
// and still finish the handshakes that have begun. The client sends its SYN again a second later.
static inline int linux_ignore_new_connections(int listener) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF),
  };
  struct sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};
  return setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}
static inline unsigned long long linux_epoll_data(const struct epoll_event *event) {
  return event->data.u64;
}

// prctl takes a variable number of arguments, which the importer leaves out.
static inline int linux_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
#endif
