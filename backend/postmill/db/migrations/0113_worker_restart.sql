-- That a worker is asked to start anew: it learns of it with its next ping.

alter table worker add column restart_asked boolean not null default false;
