'use strict';
// Prints one line of JSON for each thing it saw. Argument: {host, port, password}. First line: the port it waits on for channels.
const net = require('net');
const esl = require('modesl');

const { host, port, password } = JSON.parse(process.argv[2]);
const say = (what) => console.log(JSON.stringify(what));

function inbound(done) {
  const conn = new esl.Connection(host, port, password, () => {
    conn.events('json', 'all', () => {
      conn.api('create_uuid', (uuid) => {
        const id = uuid.getBody();
        conn.on('esl::event::CHANNEL_ANSWER::' + id, (e) => say({ answered: e.getHeader('Unique-ID') === id, name: e.getHeader('variable_name') }));
        conn.bgapi('originate', `{origination_uuid=${id},name=O\\\\\\\\\\\\\\'Brien}user/1000 &park()`, (job) => {
          say({ job: job.getBody(), uuid: id });
          conn.api('uuid_kill', id, (killed) => {
            say({ killed: killed.getBody() });
            conn.disconnect();
            done();
          });
        });
      });
    });
  });
  conn.on('error', (e) => { say({ error: String(e) }); process.exit(1); });
}

const listener = net.createServer();
listener.listen(0, '127.0.0.1', () => {
  const server = new esl.Server({ server: listener, myevents: true }, () => say({ listening: listener.address().port }));
  server.on('connection::ready', (conn) => {
    const from = conn.getInfo().getHeader('variable_sip_from_user');
    conn.execute('answer', (e) => {
      say({ executed: e.getHeader('Application'), from });
      conn.disconnect();
      listener.close();
      inbound(() => {});
    });
  });
});
