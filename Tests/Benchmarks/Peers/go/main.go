// The job of GET /v1/sessions?limit=50, first page, as one writes it with Go's standard library: three lists at once,
// decoded into structs of the members that are needed, merged newest first, encoded.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"time"
)

type session struct {
	ID           string      `json:"id"`
	Source       string      `json:"source"`
	Provider     string      `json:"provider"`
	NativeID     string      `json:"nativeId"`
	Title        *string     `json:"title"`
	Status       string      `json:"status"`
	NativeStatus *string     `json:"nativeStatus"`
	Channel      string      `json:"channel"`
	Modality     string      `json:"modality"`
	CreatedAt    stamp       `json:"createdAt"`
	UpdatedAt    *stamp      `json:"updatedAt"`
	StartedAt    *stamp      `json:"startedAt"`
	EndedAt      *stamp      `json:"endedAt"`
	DurationMs   *int64      `json:"durationMs"`
	Agent        agent       `json:"agent"`
	Participant  participant `json:"participant"`
	WorkspaceID  *string     `json:"workspaceId"`
	MessageCount *int64      `json:"messageCount"`
	CostUSD      *float64    `json:"costUsd"`
}

type agent struct {
	ID    *string `json:"id"`
	Name  *string `json:"name"`
	Model *string `json:"model"`
}

type participant struct {
	ID    *string `json:"id"`
	Email *string `json:"email"`
	Phone *string `json:"phone"`
}

// A time that is read as RFC 3339, with or without an offset, and written in milliseconds.
type stamp struct{ time.Time }

func (s *stamp) UnmarshalJSON(text []byte) error {
	parsed, err := time.Parse(`"2006-01-02T15:04:05.999999999Z07:00"`, string(text))
	if err != nil {
		parsed, err = time.Parse(`"2006-01-02T15:04:05.999999999"`, string(text))
	}
	s.Time = parsed
	return err
}

func (s stamp) MarshalJSON() ([]byte, error) {
	return []byte(s.UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}

type alcamine struct {
	ID          string `json:"id"`
	Name        *string
	Type        *string
	Status      *string
	CreatedAt   stamp   `json:"createdAt"`
	UpdatedAt   *stamp  `json:"updatedAt"`
	StartedAt   *stamp  `json:"startedAt"`
	EndedAt     *stamp  `json:"endedAt"`
	CompletedAt *stamp  `json:"completedAt"`
	AgentID     *string `json:"agentId"`
	WorkspaceID *string `json:"workspaceId"`
	PersonID    *string `json:"personId"`
	Agent       *struct {
		Name    *string `json:"name"`
		Version *struct {
			Config *struct {
				LLM *struct {
					Model *string `json:"model"`
				} `json:"llm"`
			} `json:"config"`
		} `json:"version"`
	} `json:"agent"`
	Person *struct {
		Email *string `json:"email"`
		Phone *string `json:"phone"`
	} `json:"person"`
}

type anam struct {
	ID             string  `json:"id"`
	CreatedAt      stamp   `json:"createdAt"`
	UpdatedAt      *stamp  `json:"updatedAt"`
	StartTime      *stamp  `json:"startTime"`
	EndTime        *stamp  `json:"endTime"`
	SessionLength  *int64  `json:"sessionLengthMs"`
	ClientLabel    *string `json:"clientLabel"`
	ExitStatus     *string `json:"exitStatus"`
	PersonaID      *string `json:"personaId"`
	OrganizationID *string `json:"organizationId"`
	PersonaConfig  *struct {
		Name *string `json:"name"`
		LLM  *struct {
			Model *string `json:"modelName"`
		} `json:"llmConfig"`
	} `json:"personaConfig"`
}

type athena struct {
	ID            string   `json:"id"`
	CreatedAt     stamp    `json:"created_at"`
	UpdatedAt     *stamp   `json:"updated_at"`
	Title         *string  `json:"title"`
	RunStatus     *string  `json:"run_status_v2"`
	SourceChannel *string  `json:"source_channel"`
	SessionType   *string  `json:"session_type"`
	AgentID       *string  `json:"collab_agent_id"`
	Agent         *string  `json:"agent"`
	Model         *string  `json:"model"`
	CreatedByID   *string  `json:"created_by_id"`
	WorkspaceID   *string  `json:"workspace_id"`
	Messages      *int64   `json:"num_messages"`
	Cost          *float64 `json:"total_cost_usd"`
}

func word(native *string, words map[string]string) string {
	if native != nil {
		if known, ok := words[*native]; ok {
			return known
		}
	}
	return "unknown"
}

func duration(from, to *stamp) *int64 {
	if from == nil || to == nil {
		return nil
	}
	value := to.Sub(from.Time).Milliseconds()
	return &value
}

func newSession(provider, id string, created stamp) session {
	return session{
		ID: provider + ":" + id, Source: provider, Provider: provider, NativeID: id,
		CreatedAt: created, Status: "unknown", Channel: "unknown", Modality: "unknown",
	}
}

var alcamineStatus = map[string]string{"COMPLETED": "completed", "IN_PROGRESS": "active", "PENDING": "pending"}
var alcamineChannel = map[string]string{"INBOUND_CALL": "phone", "WEB_VOICE": "web"}
var athenaStatus = map[string]string{
	"completed": "completed", "running": "active", "needs_input": "active", "scheduled": "pending",
	"queued": "pending", "failed": "failed", "canceled": "canceled", "cancelled": "canceled",
}
var athenaChannel = map[string]string{
	"web": "web", "api": "api", "agent_email": "email", "agent_slack": "slack", "agent_sms": "sms",
}
var athenaModality = map[string]string{
	"session": "text", "video_session": "video", "desktop_session": "desktop", "mobile_session": "mobile",
}

func (row alcamine) session() session {
	s := newSession("alcamine", row.ID, row.CreatedAt)
	s.Title, s.NativeStatus, s.Modality = row.Name, row.Status, "voice"
	s.Status, s.Channel = word(row.Status, alcamineStatus), word(row.Type, alcamineChannel)
	s.UpdatedAt, s.StartedAt, s.EndedAt = row.UpdatedAt, row.StartedAt, row.EndedAt
	if s.EndedAt == nil {
		s.EndedAt = row.CompletedAt
	}
	s.DurationMs = duration(s.StartedAt, s.EndedAt)
	s.Agent.ID, s.Participant.ID, s.WorkspaceID = row.AgentID, row.PersonID, row.WorkspaceID
	if row.Agent != nil {
		s.Agent.Name = row.Agent.Name
		if v := row.Agent.Version; v != nil && v.Config != nil && v.Config.LLM != nil {
			s.Agent.Model = v.Config.LLM.Model
		}
	}
	if row.Person != nil {
		s.Participant.Email, s.Participant.Phone = row.Person.Email, row.Person.Phone
	}
	return s
}

func (row anam) session() session {
	s := newSession("anam", row.ID, row.CreatedAt)
	s.Title, s.NativeStatus, s.Modality = row.ClientLabel, row.ExitStatus, "video"
	s.UpdatedAt, s.StartedAt, s.EndedAt = row.UpdatedAt, row.StartTime, row.EndTime
	s.DurationMs = row.SessionLength
	s.Status = "completed"
	if row.EndTime == nil {
		s.Status = "active"
	}
	s.Agent.ID, s.WorkspaceID = row.PersonaID, row.OrganizationID
	if row.PersonaConfig != nil {
		s.Agent.Name = row.PersonaConfig.Name
		if row.PersonaConfig.LLM != nil {
			s.Agent.Model = row.PersonaConfig.LLM.Model
		}
	}
	return s
}

func (row athena) session() session {
	s := newSession("athena", row.ID, row.CreatedAt)
	s.Title, s.NativeStatus, s.UpdatedAt = row.Title, row.RunStatus, row.UpdatedAt
	s.Status = word(row.RunStatus, athenaStatus)
	s.Channel, s.Modality = word(row.SourceChannel, athenaChannel), word(row.SessionType, athenaModality)
	s.Agent = agent{row.AgentID, row.Agent, row.Model}
	s.Participant.ID, s.WorkspaceID = row.CreatedByID, row.WorkspaceID
	s.MessageCount, s.CostUSD = row.Messages, row.Cost
	return s
}

var client = &http.Client{
	Timeout:   10 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute},
}

func fetch(url, field, key string, into any) error {
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return err
	}
	request.Header.Set(field, key)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return fmt.Errorf("a source answered %d", response.StatusCode)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

func page(limit int) ([]session, error) {
	asked := limit + 2
	var first []alcamine
	var second struct{ Data []anam }
	var third struct{ Items []athena }
	failures := make(chan error, 3)
	go func() {
		url := fmt.Sprintf("%s/sessions?limit=%d&offset=0", os.Getenv("ALCAMINE_BASE_URL"), asked)
		failures <- fetch(url, "Authorization", "Bearer "+os.Getenv("ALCAMINE_API_KEY"), &first)
	}()
	go func() {
		url := fmt.Sprintf("%s/v1/sessions?page=1&perPage=%d", os.Getenv("ANAM_BASE_URL"), asked)
		failures <- fetch(url, "Authorization", "Bearer "+os.Getenv("ANAM_API_KEY"), &second)
	}()
	go func() {
		url := fmt.Sprintf("%s/api/v0/sessions?limit=%d&offset=0&sort_by=created_at&sort_direction=desc",
			os.Getenv("ATHENA_BASE_URL"), asked)
		failures <- fetch(url, "X-API-Key", os.Getenv("ATHENA_API_KEY"), &third)
	}()
	var failure error
	for i := 0; i < 3; i++ {
		if err := <-failures; err != nil {
			failure = err
		}
	}
	if failure != nil {
		return nil, failure
	}
	rows := make([]session, 0, 3*asked)
	for _, row := range first {
		rows = append(rows, row.session())
	}
	for _, row := range second.Data {
		rows = append(rows, row.session())
	}
	for _, row := range third.Items {
		rows = append(rows, row.session())
	}
	sort.Slice(rows, func(i, j int) bool {
		a, b := rows[i].CreatedAt.UnixMilli(), rows[j].CreatedAt.UnixMilli()
		return a > b || a == b && rows[i].ID > rows[j].ID
	})
	if len(rows) > limit {
		rows = rows[:limit]
	}
	return rows, nil
}

func main() {
	http.HandleFunc("/v1/sessions", func(w http.ResponseWriter, r *http.Request) {
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil || limit < 1 || limit > 98 {
			http.Error(w, "limit", http.StatusBadRequest)
			return
		}
		rows, err := page(limit)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"data": rows})
	})
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
