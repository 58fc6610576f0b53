//! Calendars.

use reqwest::Method;

use super::{Changed, Client, ClientError};
use crate::wire::approval::ChangeQuery;
use crate::wire::calendar::{CalendarRequest, CalendarView, CalendarViews, ImportRequest, PeriodQuery, Periods};

const ROOT: [&str; 3] = ["api", "v1", "calendars"];

impl Client {
    pub async fn calendars(&self) -> Result<CalendarViews, ClientError> {
        self.get(&ROOT, &()).await
    }

    pub async fn calendar(&self, calendar: &str) -> Result<CalendarView, ClientError> {
        self.get(&[ROOT[0], ROOT[1], ROOT[2], calendar], &()).await
    }

    pub async fn add_calendar(&self, request: &CalendarRequest) -> Result<CalendarView, ClientError> {
        self.post(&ROOT, request).await
    }

    pub async fn update_calendar(
        &self,
        calendar: &str,
        request: &CalendarRequest,
        query: &ChangeQuery,
    ) -> Result<Changed<CalendarView>, ClientError> {
        self.changed(self.request(Method::PUT, &[ROOT[0], ROOT[1], ROOT[2], calendar], query).json(request)).await
    }

    pub async fn import_calendar(
        &self,
        calendar: &str,
        request: &ImportRequest,
        query: &ChangeQuery,
    ) -> Result<Changed<CalendarView>, ClientError> {
        self.changed(self.request(Method::POST, &[ROOT[0], ROOT[1], ROOT[2], calendar, "import"], query).json(request)).await
    }

    pub async fn remove_calendar(&self, calendar: &str) -> Result<(), ClientError> {
        self.delete(&[ROOT[0], ROOT[1], ROOT[2], calendar]).await
    }

    pub async fn calendar_periods(&self, calendar: &str, query: &PeriodQuery) -> Result<Periods, ClientError> {
        self.get(&[ROOT[0], ROOT[1], ROOT[2], calendar, "periods"], query).await
    }
}
